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
--
-- Returns a row for each slice that is expected and not complete, and for each slice whose gap the ledger still holds
-- open although it is none any more (kind IS NULL), in no order. The facts of the edge stand on every row; with nothing
-- to report there is one row with table_name NULL. No row at all is never an answer.

WITH
-- What each table of the question has to fulfil, and what it reads: a bit per table, a mask per read.
rules AS (
  {%- for rule in rules %}
  SELECT
    '{{ rule.table_name }}' AS table_name,
    {{ rule.bit }} AS bit,
    {{ rule.bootstrap_days }} AS bootstrap_days,
    {{ rule.complete_keys }} AS complete_keys,
    {{ rule.complete_rows }} AS complete_rows,
    {{ rule.gate_keys }} AS gate_keys,
    {{ rule.gate_rows }} AS gate_rows,
    {{ rule.expected_by }} AS expected_by,
    CAST([{{ rule.needs }}] AS ARRAY<STRUCT<label STRING, sources INT64>>) AS needs
  {{- "\n  UNION ALL" if not loop.last }}
  {%- endfor %}
),

{% if calendar -%}
-- The dates that exist, and how many keys each of them should have.
calendar AS (
  SELECT
    `{{ calendar.date }}` AS slice_date,
    {{ "COUNT(DISTINCT `%s`)" | format(calendar.key) if calendar.key else "CAST(NULL AS INT64)" }} AS expected_keys,
    {{ "MIN(`%s`)" | format(calendar.season) if calendar.season else "0" }} AS season
  FROM `{{ calendar.ref }}`
  WHERE `{{ calendar.date }}` >= @calendar_start AND `{{ calendar.date }}` < @stop AND ({{ calendar.where or "TRUE" }})
  GROUP BY slice_date
),

expected AS (
  SELECT
    slice_date,
    expected_keys,
    DATE_DIFF(slice_date, MIN(slice_date) OVER (PARTITION BY season), DAY) AS season_day
  FROM calendar
),
{%- else -%}
-- Without a calendar every date is possible; the upstream tables say below which are expected.
expected AS (
  SELECT
    slice_date,
    0 AS season_day
  FROM UNNEST(GENERATE_DATE_ARRAY(@start, DATE_SUB(@stop, INTERVAL 1 DAY))) AS slice_date
),
{%- endif %}

-- What is there. Each table is read once, and of it only date, key and stamp within the window.
present AS (
  {%- for table in sources %}
  SELECT
    '{{ table.name }}' AS table_name,
    `{{ table.date }}` AS slice_date,
    COUNT(*) AS slice_rows,
    {{ "COUNT(DISTINCT `%s`)" | format(table.key) if table.key else "0" }} AS slice_keys,
    {{ "MAX(`%s`)" | format(table.stamp) if table.stamp else "CAST(NULL AS TIMESTAMP)" }} AS newest
  FROM `{{ table.ref }}`
  WHERE `{{ table.date }}` >= @start AND `{{ table.date }}` < @stop
  GROUP BY slice_date
  {{- "\n  UNION ALL" if not loop.last }}
  {%- endfor %}
),

-- Every table on every expected date.
{{ "grid" if calendar else "counts" }} AS (
  SELECT
    expected.slice_date,
    {%- if calendar %}
    expected.expected_keys,
    {%- endif %}
    rules.*,
    present.newest,
    COALESCE(present.slice_rows, 0) AS slice_rows,
    COALESCE(present.slice_keys, 0) AS slice_keys,
    expected.season_day >= rules.bootstrap_days AS is_due
  FROM expected
  CROSS JOIN rules
  LEFT JOIN present ON rules.table_name = present.table_name AND expected.slice_date = present.slice_date
  WHERE expected.slice_date >= @start AND (ARRAY_LENGTH(@dates) = 0 OR expected.slice_date IN UNNEST(@dates))
),

{% if not calendar -%}
-- Without a calendar a table is expected where something it needs is, with as many keys as the upstream phase has.
grid AS (
  SELECT
    * EXCEPT (is_due),
    MAX(IF((bit & {{ upstream }}) = 0, NULL, slice_keys)) OVER (PARTITION BY slice_date) AS expected_keys,
    (SUM(IF(slice_rows > 0, bit, 0)) OVER (PARTITION BY slice_date) & expected_by) != 0 AS is_due
  FROM counts
),

{% endif -%}
-- Is there enough of it for those who read it? A table that is not due yet keeps nobody waiting.
judged AS (
  SELECT
    *,
    {{ "NOT is_due OR " if calendar else "" }}(
      slice_rows > 0
      AND COALESCE(slice_keys >= ROUND(gate_keys * expected_keys, 6), TRUE)
      AND slice_rows >= ROUND(gate_rows * slice_keys, 6)
    ) AS is_there
  FROM grid
),

-- The same, beside what is there of the other tables on that date.
surroundings AS (
  SELECT
    *,
    SUM(IF(is_there, bit, 0)) OVER (PARTITION BY slice_date) AS there
  FROM judged
),

-- The set difference: what is expected of the downstream tables against what is complete.
slices AS (
  SELECT
    slice_date,
    table_name,
    is_due,
    slice_keys,
    slice_rows,
    newest,
    IF(complete_keys IS NULL, NULL, expected_keys) AS expected_keys,
    CASE
      WHEN NOT is_due THEN NULL
      WHEN slice_rows = 0 THEN 'missing'
      WHEN slice_keys < ROUND(complete_keys * expected_keys, 6) THEN 'partial'
      WHEN slice_rows < ROUND(complete_rows * slice_keys, 6) THEN 'partial'
    END AS kind,
    (
      SELECT STRING_AGG(needed.label, ',')
      FROM UNNEST(needs) AS needed
      WHERE (there & needed.sources) = 0
    ) AS blocked_by
  FROM surroundings
  WHERE table_name IN UNNEST(@tables)
),

-- The ledger, folded to the latest generation of each slice: maxima and minima only, so no order of events matters.
ledger AS (
  SELECT
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
    MAX(IF(event = 'escalated', event_at, NULL)) AS escalated_at,
    MAX(IF(event = 'waived', event_at, NULL)) AS waived_at,
    MAX(IF(event = 'unwaived', event_at, NULL)) AS unwaived_at
  FROM `{{ ledger }}.gap_events`
  WHERE pipeline = @pipeline AND edge = @edge
  GROUP BY table_name, slice_date, generation
  QUALIFY generation = MAX(generation) OVER (PARTITION BY table_name, slice_date)
),

-- What the edge is busy with on slices this question does not look at.
others AS (
  SELECT
    slice_date,
    last_triggered_at > @running_since AND COALESCE(last_triggered_at > failed_at, TRUE) AS is_running,
    ordered_at IS NOT NULL
    AND COALESCE(ordered_at > withdrawn_at, TRUE)
    AND COALESCE(ordered_at > escalated_at, TRUE) AS is_ordered
  FROM ledger
  WHERE
    is_open
    AND (
      slice_date < @start
      OR slice_date >= @stop
      OR (ARRAY_LENGTH(@dates) > 0 AND slice_date NOT IN UNNEST(@dates))
      OR table_name NOT IN UNNEST(@tables)
    )
),

elsewhere AS (
  SELECT
    STRING_AGG(DISTINCT IF(is_running, CAST(slice_date AS STRING), NULL), ',') AS in_flight,
    MIN(IF(is_ordered, slice_date, NULL)) AS first_ordered,
    MAX(IF(is_ordered, slice_date, NULL)) AS last_ordered
  FROM others
),

asked AS (
  SELECT *
  FROM ledger
  WHERE
    table_name IN UNNEST(@tables)
    AND slice_date >= @start AND slice_date < @stop
    AND (ARRAY_LENGTH(@dates) = 0 OR slice_date IN UNNEST(@dates))
),

findings AS (
  SELECT
    slices.kind,
    slices.is_due,
    slices.expected_keys,
    slices.slice_keys,
    slices.slice_rows,
    slices.newest,
    slices.blocked_by,
    asked.* EXCEPT (table_name, slice_date),
    COALESCE(slices.table_name, asked.table_name) AS table_name,
    COALESCE(slices.slice_date, asked.slice_date) AS slice_date
  FROM slices
  FULL JOIN asked ON slices.table_name = asked.table_name AND slices.slice_date = asked.slice_date
  WHERE slices.kind IS NOT NULL OR asked.is_open
)

SELECT
  findings.*,
  elsewhere.*,
  {{ "(SELECT COUNT(*) FROM calendar)" if calendar else "CAST(NULL AS INT64)" }} AS calendar_dates
FROM elsewhere
LEFT JOIN findings ON TRUE
