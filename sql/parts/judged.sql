{#- Each table on each expected date: is there enough for those who read it, and what is it waiting for? -#}
{% macro enough_keys(share) -%}
COALESCE(
        slice_keys >= ROUND({{ share }}_keys * expected_keys, 6)
        OR (slice_keys > 0 AND slice_keys >= expected_keys - {{ share }}_allowance),
        TRUE
      )
{%- endmacro -%}
{% if not calendar -%}
-- Without a calendar a table should have as many keys as the fullest of what it reads.
counted AS (
  SELECT
    reads.reader,
    present.slice_date,
    MAX(present.slice_keys) AS read_keys
  FROM reads
  INNER JOIN rules ON reads.source = rules.table_name
  INNER JOIN present ON reads.source = present.table_name
  WHERE reads.gates AND rules.is_keyed
  GROUP BY reads.reader, present.slice_date
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
    COALESCE(rules.fixed_keys, counted.read_keys) AS expected_keys
    {%- endif %}
  FROM expected
  CROSS JOIN rules
  LEFT JOIN present ON rules.table_name = present.table_name AND expected.slice_date = present.slice_date
  {%- if not calendar %}
  LEFT JOIN counted ON rules.table_name = counted.reader AND expected.slice_date = counted.slice_date
  {%- endif %}
  {%- if ramps %}
  LEFT JOIN ramps ON rules.table_name = ramps.table_name AND expected.slice_date = ramps.slice_date
  {%- endif %}
  {%- if reconciliations %}
  LEFT JOIN reconciled ON rules.table_name = reconciled.table_name AND expected.slice_date = reconciled.slice_date
  {%- endif %}
  WHERE
    expected.slice_date >= @start
    AND (COALESCE(ARRAY_LENGTH(@dates), 0) = 0 OR expected.slice_date IN UNNEST(@dates))
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
    LOGICAL_OR(sources.is_there AND sources.is_in_season) OR NOT LOGICAL_OR(sources.is_in_season) AS is_met,
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
