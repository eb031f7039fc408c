-- What was ordered on an edge, and what has become of it?
--   @pipeline, @edge STRING   whose ledger
--   @tables ARRAY<STRING>     the tables the edge has; what was ordered of others is nobody's any more
--   @running_since TIMESTAMP  an attempt sent after this moment may still be at work
--
-- An order is what one request wrote at one moment: the same event_at, source, scan_id and reason. Where a scan carried
-- an order over into a new generation of a slice, what becomes of that generation becomes of the order.
--
-- Returns one row per order, the oldest first: ordered_at, source, scan_id, reason, first_date, last_date, dates (how
-- many), and of how many slices what is true, the first of: healed, not_expected (the gap ended because nobody expects
-- the slice any more), withdrawn, waived or escalated since, in_flight, still_open.

WITH
ledger AS (
  SELECT
    table_name,
    slice_date,
    generation,
    event,
    event_at,
    reason,
    source,
    scan_id
  FROM `{{ ledger }}.gap_events`
  WHERE pipeline = @pipeline AND edge = @edge AND table_name IN UNNEST(@tables)
),

-- The ledger, folded: maxima and minima only, so no order of events matters.
generations AS (
  SELECT
    table_name,
    slice_date,
    generation,
    MAX(IF(event = 'healed', 1, 0)) AS has_ended,
    MAX(IF(event = 'healed' AND COALESCE(reason, '') != 'not_expected', 1, 0)) AS has_healed,
    MAX(IF(event = 'triggered', event_at, NULL)) AS last_triggered_at,
    MAX(IF(event = 'reported_failed', event_at, NULL)) AS failed_at,
    MAX(IF(event = 'withdrawn', event_at, NULL)) AS withdrawn_at,
    MAX(IF(event = 'escalated' AND COALESCE(reason, '') != 'breaker_open', event_at, NULL)) AS given_up_at,
    MAX(IF(event = 'waived', event_at, NULL)) AS waived_at,
    MAX(IF(event = 'unwaived', event_at, NULL)) AS unwaived_at
  FROM ledger
  GROUP BY table_name, slice_date, generation
),

-- Of each generation, how it and those after it ended, and how the latest of them stands.
onward AS (
  SELECT
    table_name,
    slice_date,
    generation,
    MAX(has_ended) OVER later AS ends,
    MAX(has_healed) OVER later AS heals,
    MAX(withdrawn_at) OVER later AS withdrawn_at,
    LAST_VALUE(last_triggered_at) OVER later AS last_triggered_at,
    LAST_VALUE(failed_at) OVER later AS failed_at,
    LAST_VALUE(given_up_at) OVER later AS given_up_at,
    LAST_VALUE(IF(COALESCE(waived_at > unwaived_at, TRUE), waived_at, NULL)) OVER later AS waived_at
  FROM generations
  WINDOW
    later AS (
      PARTITION BY table_name, slice_date
      ORDER BY generation
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    )
),

-- The orders for each slice, one after another. Those that a scan wrote carry on the one before.
ordered AS (
  SELECT
    table_name,
    slice_date,
    generation,
    event_at,
    source,
    scan_id,
    reason,
    ROW_NUMBER() OVER (
      PARTITION BY table_name, slice_date
      ORDER BY generation, event_at, COALESCE(scan_id, ''), COALESCE(reason, '')
    ) AS place
  FROM (
    SELECT DISTINCT
      table_name,
      slice_date,
      generation,
      event_at,
      source,
      scan_id,
      reason
    FROM ledger
    WHERE event = 'ordered'
  ) AS once
),

carried AS (
  SELECT
    table_name,
    slice_date,
    generation,
    event_at,
    COALESCE(
      MAX(IF(source = 'scan', NULL, place)) OVER (PARTITION BY table_name, slice_date ORDER BY place), 1
    ) AS place
  FROM ordered
),

wishes AS (
  SELECT
    ordered.table_name,
    ordered.slice_date,
    ordered.event_at AS ordered_at,
    ordered.source,
    ordered.scan_id,
    ordered.reason,
    MAX(carried.generation) AS generation,
    MAX(carried.event_at) AS wanted_at
  FROM ordered
  INNER JOIN carried
    ON
      ordered.table_name = carried.table_name
      AND ordered.slice_date = carried.slice_date
      AND ordered.place = carried.place
  GROUP BY
    ordered.table_name, ordered.slice_date, ordered.event_at, ordered.source, ordered.scan_id, ordered.reason
),

fates AS (
  SELECT
    wishes.*,
    CASE
      WHEN onward.heals = 1 THEN 'healed'
      WHEN onward.ends = 1 THEN 'not_expected'
      WHEN onward.withdrawn_at >= wishes.wanted_at THEN 'withdrawn'
      WHEN onward.waived_at >= wishes.wanted_at THEN 'waived'
      WHEN onward.given_up_at >= wishes.wanted_at THEN 'escalated'
      WHEN
        onward.last_triggered_at > @running_since
        AND COALESCE(onward.last_triggered_at > onward.failed_at, TRUE)
        THEN 'in_flight'
      ELSE 'still_open'
    END AS fate
  FROM wishes
  INNER JOIN onward
    ON
      wishes.table_name = onward.table_name
      AND wishes.slice_date = onward.slice_date
      AND wishes.generation = onward.generation
)

SELECT
  ordered_at,
  source,
  scan_id,
  reason,
  MIN(slice_date) AS first_date,
  MAX(slice_date) AS last_date,
  COUNT(DISTINCT slice_date) AS dates,
  COUNTIF(fate = 'healed') AS healed,
  COUNTIF(fate = 'not_expected') AS not_expected,
  COUNTIF(fate = 'withdrawn') AS withdrawn,
  COUNTIF(fate = 'waived') AS waived,
  COUNTIF(fate = 'escalated') AS escalated,
  COUNTIF(fate = 'in_flight') AS in_flight,
  COUNTIF(fate = 'still_open') AS still_open
FROM fates
GROUP BY ordered_at, source, scan_id, reason
ORDER BY ordered_at, COALESCE(scan_id, ''), COALESCE(reason, '')
