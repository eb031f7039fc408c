-- Which seasons does the calendar know, and when were they?
--   @start, @stop DATE   the window [start, stop): constants, so that a table that must be asked by date can be
--
-- Returns one row per season, the earliest first: season STRING, first_date and last_date DATE. Dates that do not count
-- (the calendar's `where`) are of no season.

SELECT
  CAST(`{{ calendar.season }}` AS STRING) AS season,
  MIN(`{{ calendar.date }}`) AS first_date,
  MAX(`{{ calendar.date }}`) AS last_date
FROM `{{ calendar.ref }}`
WHERE
  `{{ calendar.date }}` >= @start AND `{{ calendar.date }}` < @stop
  AND `{{ calendar.season }}` IS NOT NULL
  AND ({{ calendar.where or "TRUE" }})
GROUP BY season
ORDER BY first_date, season
