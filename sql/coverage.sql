{% macro violations(check) -%}
  {%- if check.bad -%}
    COUNTIF({{ check.bad }})
  {%- elif check.unique -%}
    COUNT(*) - COUNT(DISTINCT TO_JSON_STRING(STRUCT({{ quoted(check.unique) }})))
  {%- else -%}
    COUNTIF({% for column in check.not_null %}{{ " OR " if not loop.first }}`{{ column }}` IS NULL{% endfor %})
  {%- endif -%}
{%- endmacro -%}
{% macro enough_keys(share) -%}
COALESCE(
        slice_keys >= ROUND({{ share }}_keys * expected_keys, 6)
        OR (slice_keys > 0 AND slice_keys >= expected_keys - {{ share }}_allowance),
        TRUE
      )
{%- endmacro -%}
{% macro quoted(columns) %}{% for column in columns %}{{ ", " if not loop.first }}`{{ column }}`{% endfor %}{% endmacro -%}
{% block header -%}
-- How much of each slice is there, of how much? (A slice is one date of one table.)
--
-- Rendered from pipeline.yaml for one edge; `gaphealer sql coverage --edge EDGE` prints it, ready to be pasted.
-- Identifiers and rules come only from that validated file, values are parameters:
--   @start, @stop    DATE           the window [start, stop): constants, so that partitions are pruned
--   @calendar_start  DATE           how far back the calendar is read, to know where a season began
--   @dates           ARRAY<DATE>    only these dates of the window; empty: all of them
--   @tables          ARRAY<STRING>  only these tables, of either phase of the edge
--
-- Returns a row for each slice that is expected or has rows, complete or not, in no order; `calendar_dates` stands on
-- every row. With nothing to report there is one row with table_name NULL. No row at all is never an answer.
{% endblock %}
WITH
-- What each table of the question has to fulfil.
rules AS (
  SELECT
    table_name,
    is_upstream,
    bootstrap_days,
    fixed_keys,
    is_ramp,
    complete_keys,
    complete_rows,
    complete_allowance,
    gate_keys,
    gate_rows,
    gate_allowance
  FROM UNNEST(ARRAY<STRUCT<
    table_name STRING, is_upstream BOOL, bootstrap_days INT64, fixed_keys INT64, is_ramp BOOL,
    complete_keys FLOAT64, complete_rows FLOAT64, complete_allowance INT64,
    gate_keys FLOAT64, gate_rows FLOAT64, gate_allowance INT64
  >>[
    {%- for rule in rules %}
    (
      '{{ rule.table_name }}', {{ rule.is_upstream | upper }},
      {{ rule.bootstrap_days }}, {{ rule.fixed_keys }}, {{ rule.is_ramp | upper }},
      {{ rule.complete_keys }}, {{ rule.complete_rows }}, {{ rule.complete_allowance }},
      {{ rule.gate_keys }}, {{ rule.gate_rows }}, {{ rule.gate_allowance }}
    ){{ "," if not loop.last }}
    {%- endfor %}
  ])
),

-- What each of them reads: a row for each source of each read, the best of a fallback chain first.
reads AS (
  SELECT
    reader,
    position,
    label,
    source_rank,
    source,
    first_back,
    lookback_days,
    gates,
    waits,
    makes_stale,
    upgrades
  FROM UNNEST(ARRAY<STRUCT<
    reader STRING, position INT64, label STRING,
    source_rank INT64, source STRING, first_back INT64, lookback_days INT64,
    gates BOOL, waits BOOL, makes_stale BOOL, upgrades BOOL
  >>[
    {%- for read in reads %}
    (
      '{{ read.reader }}', {{ read.position }}, '{{ read.label }}',
      {{ read.rank }}, '{{ read.source }}', {{ read.first_back }}, {{ read.lookback_days }},
      {{ read.gates | upper }}, {{ read.waits | upper }}, {{ read.makes_stale | upper }}, {{ read.upgrades | upper }}
    ){{ "," if not loop.last }}
    {%- endfor %}
  ])
),

{% if calendar -%}
-- The dates that exist, and how many keys each of them should have.
calendar AS (
  SELECT
    `{{ calendar.date }}` AS slice_date,
    {{ "COUNT(DISTINCT `%s`)" | format(calendar.key) if calendar.key else "CAST(NULL AS INT64)" }} AS calendar_keys,
    {{ "MIN(`%s`)" | format(calendar.season) if calendar.season else "0" }} AS season
  FROM `{{ calendar.ref }}`
  WHERE `{{ calendar.date }}` >= @calendar_start AND `{{ calendar.date }}` < @stop AND ({{ calendar.where or "TRUE" }})
  GROUP BY slice_date
),

expected AS (
  SELECT
    slice_date,
    calendar_keys,
    season,
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

-- What is there. Each table is read once, of the window and what is looked back at, and only the columns named here.
present AS (
  {%- for table in sources %}
  SELECT
    '{{ table.name }}' AS table_name,
    `{{ table.date }}` AS slice_date,
    COUNT(*) AS slice_rows,
    {{ "COUNT(DISTINCT `%s`)" | format(table.key) if table.key else "0" }} AS slice_keys,
    {{ "MAX(`%s`)" | format(table.stamp) if table.stamp else "CAST(NULL AS TIMESTAMP)" }} AS newest,
    {%- if table.checks %}
    ARRAY_TO_STRING([
      {%- for check in table.checks %}
      IF(
        {{ violations(check) }}
        > ROUND({{ check.max_fraction }} * COUNT(*), 6), '{{ check.name }}', NULL
      )
      {{- "," if not loop.last }}
      {%- endfor %}
    ], ',') AS failed_checks
    {%- else %}
    '' AS failed_checks
    {%- endif %}
    {%- for measure in table.measures %},
    {{ "CAST(%s AS FLOAT64)" | format(measure) if measure else "CAST(NULL AS FLOAT64)" }} AS measure_{{ loop.index0 }}
    {%- endfor %}
  FROM `{{ table.ref }}`
  WHERE `{{ table.date }}` >= {{ "DATE_SUB(@start, INTERVAL %d DAY)" | format(table.back) if table.back else "@start" }} AND `{{ table.date }}` < @stop
  GROUP BY slice_date
  {{- "\n  UNION ALL" if not loop.last }}
  {%- endfor %}
),

{% if ramps -%}
-- Tables that grow with the season: how many keys more are expected from which date on.
seen AS (
  {%- for ramp in ramps %}
  SELECT
    '{{ ramp.table_name }}' AS table_name,
    {{ ramp.after }} AS wanted_dates,
    expected.season,
    expected.slice_date,
    ROW_NUMBER() OVER (PARTITION BY expected.season, found.source_key ORDER BY expected.slice_date) AS seen_dates
  FROM (
    SELECT DISTINCT
      `{{ ramp.date }}` AS slice_date,
      `{{ ramp.key }}` AS source_key
    FROM `{{ ramp.ref }}`
    WHERE `{{ ramp.date }}` >= @calendar_start AND `{{ ramp.date }}` < @stop AND `{{ ramp.key }}` IS NOT NULL
  ) AS found
  INNER JOIN expected ON found.slice_date = expected.slice_date
  {{- "\n  UNION ALL" if not loop.last }}
  {%- endfor %}
),

grown AS (
  SELECT
    table_name,
    slice_date,
    COUNT(*) AS new_keys
  FROM seen
  WHERE seen_dates = wanted_dates AND season IS NOT NULL
  GROUP BY table_name, slice_date
),

ramps AS (
  SELECT
    rules.table_name,
    expected.slice_date,
    SUM(grown.new_keys) OVER (PARTITION BY rules.table_name, expected.season ORDER BY expected.slice_date) AS ramp_keys
  FROM expected
  CROSS JOIN rules
  LEFT JOIN grown ON rules.table_name = grown.table_name AND expected.slice_date = grown.slice_date
  WHERE rules.is_ramp
),

{% endif -%}
{% if reconciliations -%}
-- Sums that should agree with those of an upstream table.
reconciled AS (
  SELECT
    table_name,
    slice_date,
    STRING_AGG(check_name, ',' ORDER BY check_position) AS failed
  FROM (
    {%- for check in reconciliations %}
    SELECT
      ours.table_name,
      ours.slice_date,
      '{{ check.name }}' AS check_name,
      {{ check.position }} AS check_position
    FROM present AS ours
    INNER JOIN present AS theirs ON ours.slice_date = theirs.slice_date
    WHERE
      ours.table_name = '{{ check.ours }}' AND theirs.table_name = '{{ check.theirs }}'
      AND ABS(COALESCE(ours.measure_{{ check.our_measure }}, 0) - theirs.measure_{{ check.their_measure }})
      > ROUND({{ check.tolerance }} * ABS(theirs.measure_{{ check.their_measure }}), 6)
    {{- "\n    UNION ALL" if not loop.last }}
    {%- endfor %}
  ) AS failures
  GROUP BY table_name, slice_date
),

{% endif -%}
-- Every table on every expected date.
grid AS (
  SELECT
    expected.slice_date,
    expected.season_day,
    rules.*,
    present.newest,
    COALESCE(present.slice_rows, 0) AS slice_rows,
    COALESCE(present.slice_keys, 0) AS slice_keys,
    {%- if reconciliations %}
    COALESCE(ARRAY_TO_STRING([NULLIF(present.failed_checks, ''), reconciled.failed], ','), '') AS failed_checks,
    {%- else %}
    COALESCE(present.failed_checks, '') AS failed_checks,
    {%- endif %}
    {%- if calendar %}
    COALESCE(rules.fixed_keys, {{ "IF(rules.is_ramp, COALESCE(ramps.ramp_keys, 0), expected.calendar_keys)" if ramps else "expected.calendar_keys" }}) AS expected_keys
    {%- else %}
    COALESCE(
      rules.fixed_keys,
      MAX(IF(rules.is_upstream, COALESCE(present.slice_keys, 0), NULL)) OVER (PARTITION BY expected.slice_date)
    ) AS expected_keys
    {%- endif %}
  FROM expected
  CROSS JOIN rules
  LEFT JOIN present ON rules.table_name = present.table_name AND expected.slice_date = present.slice_date
  {%- if ramps %}
  LEFT JOIN ramps ON rules.table_name = ramps.table_name AND expected.slice_date = ramps.slice_date
  {%- endif %}
  {%- if reconciliations %}
  LEFT JOIN reconciled ON rules.table_name = reconciled.table_name AND expected.slice_date = reconciled.slice_date
  {%- endif %}
  WHERE expected.slice_date >= @start AND (ARRAY_LENGTH(@dates) = 0 OR expected.slice_date IN UNNEST(@dates))
),

-- Is there enough of it, and is it sound, for those who read it? What is not due yet keeps nobody waiting.
judged AS (
  SELECT
    *,
    {{ "season_day >= bootstrap_days AND NOT (is_ramp AND expected_keys = 0)" if calendar else "TRUE" }} AS is_in_season,
    {{ "season_day < bootstrap_days OR (is_ramp AND expected_keys = 0) OR " if calendar else "" }}(
      slice_rows > 0
      AND failed_checks = ''
      AND {{ enough_keys("gate") }}
      AND slice_rows >= ROUND(gate_rows * slice_keys, 6)
    ) AS is_there,
    (
      {{ enough_keys("complete") }}
    ) AS has_keys
  FROM grid
),

-- What each slice cannot be built without.
gates AS (
  SELECT
    reads.reader,
    reads.position,
    reads.label,
    sources.slice_date,
    LOGICAL_OR(sources.is_there) AS is_met,
    LOGICAL_OR(sources.slice_rows > 0) AS is_called_for
  FROM reads
  INNER JOIN judged AS sources ON reads.source = sources.table_name
  WHERE reads.gates
  GROUP BY reads.reader, reads.position, reads.label, sources.slice_date
),

blocks AS (
  SELECT
    reader,
    slice_date,
    LOGICAL_OR(is_called_for) AS is_called_for,
    STRING_AGG(IF(is_met, NULL, label), ',' ORDER BY position) AS blocked_by
  FROM gates
  GROUP BY reader, slice_date
),

-- When what a slice reads was last written, on all the dates that a read reaches.
written AS (
  SELECT
    reads.reader,
    reads.position,
    reads.label,
    reads.upgrades,
    reads.source_rank,
    here.slice_date,
    here.is_there,
    MAX(present.newest) AS newest
  FROM reads
  INNER JOIN judged AS here ON reads.source = here.table_name
  CROSS JOIN UNNEST(GENERATE_ARRAY(reads.first_back, reads.lookback_days)) AS days_back
  INNER JOIN present
    ON reads.source = present.table_name AND present.slice_date = DATE_SUB(here.slice_date, INTERVAL days_back DAY)
  WHERE reads.makes_stale
  GROUP BY
    reads.reader, reads.position, reads.label, reads.upgrades, reads.source_rank, here.slice_date, here.is_there
),

-- Of a fallback chain the best that is there counts; without `upgrade` all of them do, and the least new decides.
taken AS (
  SELECT *
  FROM written
  WHERE TRUE
  QUALIFY
    NOT upgrades
    OR ROW_NUMBER() OVER (PARTITION BY reader, position, slice_date ORDER BY IF(is_there, 0, 1), source_rank) = 1
),

inputs AS (
  SELECT
    reader,
    position,
    label,
    slice_date,
    MIN(newest) AS newest
  FROM taken
  GROUP BY reader, position, label, slice_date
),

newer AS (
  SELECT
    inputs.reader,
    inputs.slice_date,
    STRING_AGG(inputs.label, ',' ORDER BY inputs.position) AS stale_by
  FROM inputs
  INNER JOIN judged AS own ON inputs.reader = own.table_name AND inputs.slice_date = own.slice_date
  WHERE inputs.newest > own.newest
  GROUP BY inputs.reader, inputs.slice_date
),

facts AS (
  SELECT
    own.slice_date,
    own.table_name,
    own.slice_keys,
    own.slice_rows,
    own.newest,
    own.failed_checks,
    own.complete_rows,
    own.is_in_season{{ "" if calendar else " AND COALESCE(blocks.is_called_for, FALSE)" }} AS is_due,
    IF(own.complete_keys IS NULL, NULL, own.expected_keys) AS expected_keys,
    own.has_keys,
    newer.stale_by,
    blocks.blocked_by
  FROM judged AS own
  LEFT JOIN blocks ON own.table_name = blocks.reader AND own.slice_date = blocks.slice_date
  LEFT JOIN newer ON own.table_name = newer.reader AND own.slice_date = newer.slice_date
  WHERE own.table_name IN UNNEST(@tables)
),

-- The set difference: what is expected against what is complete.
slices AS (
  SELECT
    slice_date,
    table_name,
    is_due,
    slice_keys,
    slice_rows,
    newest,
    expected_keys,
    blocked_by,
    CASE
      WHEN NOT is_due THEN NULL
      WHEN slice_rows = 0 THEN 'missing'
      WHEN NOT has_keys THEN 'partial'
      WHEN slice_rows < ROUND(complete_rows * slice_keys, 6) THEN 'partial'
      WHEN failed_checks != '' THEN 'invalid'
      WHEN stale_by IS NOT NULL THEN 'stale'
    END AS kind,
    IF(failed_checks = '', stale_by, failed_checks) AS because
  FROM facts
)
{%- block answer %},

{% if calendar -%}
-- Rows on dates that nobody expects: All-Star games, preseason, rows with a wrong date.
beside AS (
  SELECT
    present.slice_date,
    present.table_name,
    FALSE AS is_due,
    present.slice_keys,
    present.slice_rows,
    present.newest,
    CAST(NULL AS INT64) AS expected_keys,
    CAST(NULL AS STRING) AS blocked_by,
    CAST(NULL AS STRING) AS kind,
    CAST(NULL AS STRING) AS because
  FROM present
  LEFT JOIN expected ON present.slice_date = expected.slice_date
  WHERE
    expected.slice_date IS NULL
    AND present.slice_date >= @start
    AND (ARRAY_LENGTH(@dates) = 0 OR present.slice_date IN UNNEST(@dates))
    AND present.table_name IN UNNEST(@tables)
),

known AS (
  SELECT *
  FROM slices
  WHERE is_due OR slice_rows > 0
  UNION ALL
  SELECT *
  FROM beside
),
{%- else -%}
known AS (
  SELECT *
  FROM slices
  WHERE is_due OR slice_rows > 0
),
{%- endif %}

dates AS (
  SELECT {{ "COUNT(*)" if calendar else "CAST(NULL AS INT64)" }} AS calendar_dates
  FROM {{ "calendar" if calendar else "UNNEST([0])" }}
)

SELECT
  known.*,
  dates.calendar_dates
FROM dates
LEFT JOIN known ON TRUE
{% endblock %}
