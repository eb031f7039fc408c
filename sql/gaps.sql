{% extends "coverage.sql" %}
{% block header -%}
-- Which slices of an edge should exist now and do not? (A slice is one date of one table.)
--
-- Rendered from pipeline.yaml for one edge; `gaphealer sql gaps --edge EDGE` prints the result, ready to be pasted.
-- Identifiers and rules come only from that validated file, values are parameters:
--   @start, @stop    DATE           the window [start, stop): constants, so that partitions are pruned
--   @calendar_start  DATE           how far back the calendar is read, to know where a season began
--   @dates           ARRAY<DATE>    only these dates of the window; empty: all of them
--   @tables          ARRAY<STRING>  only these tables of the downstream phase
--   @pipeline, @edge STRING         whose ledger
--   @running_since   TIMESTAMP      an attempt sent after this moment may still be at work
--   @lately          TIMESTAMP      a heal after this moment was seen lately, an attempt before it has rested
--   @a_day_ago       TIMESTAMP      messages after this moment are those of the last day
--   @breaker_window  INT64          how many of the latest attempts the breaker looks at
--   @max_attempts    INT64          after how many attempts a slice is exhausted
--
-- Returns a row for each slice that is expected and not complete, and for each slice whose gap the ledger still holds
-- open although it is none any more (kind IS NULL), in no order. The facts of the edge stand on every row, but for the
-- lists of dates `ordered`, `waiting` and `healed_dates`, which stand on one; with nothing to report there is one row
-- with table_name NULL. No row at all is never an answer.
{% endblock %}
{% block answer %},

-- The ledger, folded: maxima and minima only, so no order of events matters.
generations AS (
  SELECT
    edge,
    table_name,
    slice_date,
    generation,
    COUNTIF(event = 'healed') = 0 AS is_open,
    COALESCE(MAX(IF(event = 'triggered', attempt, NULL)), 0) AS attempts,
    MIN(event_at) AS detected_at,
    MAX(IF(event = 'triggered', event_at, NULL)) AS last_triggered_at,
    MAX(IF(event = 'reported_failed', event_at, NULL)) AS failed_at,
    MAX(IF(event = 'ordered', event_at, NULL)) AS ordered_at,
    MAX(IF(event = 'withdrawn', event_at, NULL)) AS withdrawn_at,
    MAX(IF(event = 'healed' AND COALESCE(reason, '') != 'not_expected', event_at, NULL)) AS healed_at,
    MAX(IF(event = 'escalated', event_at, NULL)) AS escalated_at,
    MAX(IF(event = 'escalated' AND COALESCE(reason, '') != 'breaker_open', event_at, NULL)) AS given_up_at,
    MAX(IF(event = 'alerted', event_at, NULL)) AS alerted_at,
    MAX(IF(event = 'waived', event_at, NULL)) AS waived_at,
    MAX(IF(event = 'unwaived', event_at, NULL)) AS unwaived_at
  FROM `{{ ledger }}.gap_events`
  WHERE
    pipeline = @pipeline
    AND (edge = @edge OR table_name IN (SELECT IF(reads.waits, reads.source, NULL) FROM reads))
  GROUP BY edge, table_name, slice_date, generation
),

-- The latest generation of each slice.
histories AS (
  SELECT *
  FROM generations
  QUALIFY generation = MAX(generation) OVER (PARTITION BY edge, table_name, slice_date)
),

ledger AS (
  SELECT
    * EXCEPT (edge),
    waived_at IS NOT NULL AND COALESCE(waived_at > unwaived_at, TRUE) AS is_waived
  FROM histories
  WHERE edge = @edge
),

{% if waits -%}
-- Attempts still at work on what a slice reads: it waits for them, or it would have to be built twice.
waits AS (
  SELECT
    reads.reader,
    DATE_ADD(histories.slice_date, INTERVAL days_back DAY) AS slice_date,
    STRING_AGG(DISTINCT reads.label, ',') AS waiting_for
  FROM histories
  INNER JOIN reads ON histories.table_name = reads.source
  CROSS JOIN UNNEST(GENERATE_ARRAY(reads.first_back, reads.lookback_days)) AS days_back
  LEFT JOIN present ON histories.table_name = present.table_name AND histories.slice_date = present.slice_date
  WHERE
    reads.waits
    AND histories.is_open
    AND histories.last_triggered_at > @running_since
    AND COALESCE(histories.last_triggered_at > histories.failed_at, TRUE)
    AND COALESCE(present.newest < histories.last_triggered_at, present.slice_rows IS NULL)
  GROUP BY reads.reader, DATE_ADD(histories.slice_date, INTERVAL days_back DAY)
),

{% endif -%}
{% if calendar -%}
horizon AS (
  SELECT DATE_SUB(MIN(slice_date), INTERVAL {{ preseason }} DAY) AS first_date
  FROM calendar
),

-- Slices well before all that the calendar knows: nobody can say whether they are complete.
forgotten AS (
  SELECT present.slice_date
  FROM present
  CROSS JOIN horizon
  WHERE present.slice_date >= @start AND COALESCE(present.slice_date < horizon.first_date, TRUE)
),

{% endif -%}
-- How the latest attempts of the edge ended, as far as that is known: healed, failed, or nobody can be at it any more.
sent AS (
  SELECT
    table_name,
    slice_date,
    generation,
    attempt,
    MAX(event_at) AS sent_at
  FROM `{{ ledger }}.gap_events`
  WHERE pipeline = @pipeline AND edge = @edge AND event = 'triggered'
  GROUP BY table_name, slice_date, generation, attempt
),

ends AS (
  SELECT
    sent.attempt = generations.attempts AND generations.healed_at IS NOT NULL AS has_healed,
    sent.sent_at,
    RANK() OVER (ORDER BY sent.sent_at DESC) AS place
  FROM sent
  INNER JOIN generations
    ON
      sent.table_name = generations.table_name
      AND sent.slice_date = generations.slice_date
      AND sent.generation = generations.generation
  WHERE
    generations.edge = @edge
    AND (
      generations.healed_at IS NOT NULL
      OR (
        generations.is_open
        AND (
          sent.attempt < generations.attempts
          OR sent.sent_at <= @running_since
          OR COALESCE(generations.failed_at >= sent.sent_at, FALSE)
        )
      )
    )
),

track AS (
  SELECT
    COUNT(*) AS settled,
    COUNTIF(has_healed) AS healed,
    MIN(sent_at) AS since
  FROM ends
  WHERE place <= @breaker_window
),

-- How many messages went out within the last day: the ledger is partitioned by it.
messages AS (
  SELECT COUNT(DISTINCT trigger_id) AS sent
  FROM `{{ ledger }}.gap_events`
  WHERE pipeline = @pipeline AND edge = @edge AND event = 'triggered' AND event_at > @a_day_ago
),

heals AS (
  SELECT STRING_AGG(DISTINCT CAST(slice_date AS STRING), ',') AS healed_dates
  FROM generations
  WHERE edge = @edge AND attempts > 0 AND healed_at >= @lately
),

-- What the edge is busy with on slices this question does not look at. Tables it no longer has are nobody's.
others AS (
  SELECT
    slice_date,
    last_triggered_at > @running_since AND COALESCE(last_triggered_at > failed_at, TRUE) AS is_running,
    ordered_at IS NOT NULL
    AND COALESCE(ordered_at > withdrawn_at, TRUE)
    AND COALESCE(ordered_at > given_up_at, TRUE)
    AND (NOT is_waived OR ordered_at > waived_at) AS is_ordered,
    COALESCE(last_triggered_at <= @lately, TRUE)
    AND attempts < @max_attempts
    AND given_up_at IS NULL
    AND NOT is_waived AS is_waiting
  FROM ledger
  WHERE
    is_open
    AND table_name IN (
      {%- for name in owned %}
      '{{ name }}'{{ "," if not loop.last }}
      {%- endfor %}
    )
    AND (
      slice_date < @start
      OR slice_date >= @stop
      OR (COALESCE(ARRAY_LENGTH(@dates), 0) > 0 AND slice_date NOT IN UNNEST(@dates))
      OR table_name NOT IN UNNEST(@tables)
    )
),

elsewhere AS (
  SELECT
    STRING_AGG(DISTINCT IF(is_running, CAST(slice_date AS STRING), NULL), ',') AS in_flight,
    STRING_AGG(DISTINCT IF(is_ordered, CAST(slice_date AS STRING), NULL), ',') AS ordered,
    STRING_AGG(DISTINCT IF(is_waiting, CAST(slice_date AS STRING), NULL), ',') AS waiting
  FROM others
),

asked AS (
  SELECT *
  FROM ledger
  WHERE
    table_name IN UNNEST(@tables)
    AND slice_date >= @start AND slice_date < @stop
    AND (COALESCE(ARRAY_LENGTH(@dates), 0) = 0 OR slice_date IN UNNEST(@dates))
),

findings AS (
  SELECT
    slices.kind,
    slices.is_due,
    slices.expected_keys,
    slices.slice_keys,
    slices.slice_rows,
    slices.newest,
    {%- if waits %}
    ARRAY_TO_STRING([slices.blocked_by, waits.waiting_for], ',') AS blocked_by,
    {%- else %}
    slices.blocked_by,
    {%- endif %}
    slices.because,
    COALESCE(
      slices.read_newest > IF(
        asked.waived_at IS NULL OR asked.last_triggered_at > asked.waived_at, asked.last_triggered_at, asked.waived_at
      ),
      FALSE
    ) AS is_changed,
    asked.* EXCEPT (table_name, slice_date),
    COALESCE(slices.table_name, asked.table_name) AS table_name,
    COALESCE(slices.slice_date, asked.slice_date) AS slice_date
  FROM slices
  FULL JOIN asked ON slices.table_name = asked.table_name AND slices.slice_date = asked.slice_date
  {%- if waits %}
  LEFT JOIN waits ON slices.table_name = waits.reader AND slices.slice_date = waits.slice_date
  {%- endif %}
  WHERE slices.kind IS NOT NULL OR asked.is_open
)

SELECT
  findings.*,
  elsewhere.in_flight,
  track.settled,
  track.healed,
  track.since,
  messages.sent,
  -- Perhaps thousands of dates, and so on one row only.
  IF(ROW_NUMBER() OVER (ORDER BY findings.slice_date, findings.table_name) = 1, elsewhere.ordered, NULL) AS ordered,
  IF(ROW_NUMBER() OVER (ORDER BY findings.slice_date, findings.table_name) = 1, elsewhere.waiting, NULL) AS waiting,
  IF(
    ROW_NUMBER() OVER (ORDER BY findings.slice_date, findings.table_name) = 1, heals.healed_dates, NULL
  ) AS healed_dates,
  {{ "(SELECT COUNT(*) FROM calendar)" if calendar else "CAST(NULL AS INT64)" }} AS calendar_dates,
  {{ "(SELECT COUNT(*) FROM forgotten)" if calendar else "0" }} AS slices_unknown
FROM elsewhere
CROSS JOIN track
CROSS JOIN heals
CROSS JOIN messages
LEFT JOIN findings ON TRUE
{% endblock %}
