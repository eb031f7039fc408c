-- How many dates does the calendar know in a window, and how many of them count?
--   @start, @stop DATE   the window [start, stop): constants, so that partitions are pruned
--
-- Returns one row.

SELECT
  COUNT(DISTINCT `{{ calendar.date }}`) AS known,
  COUNT(DISTINCT IF({{ calendar.where or "TRUE" }}, `{{ calendar.date }}`, NULL)) AS counted
FROM `{{ calendar.ref }}`
WHERE `{{ calendar.date }}` >= @start AND `{{ calendar.date }}` < @stop
