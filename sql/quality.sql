{% from "parts/checks.sql" import violations, fails, differs -%}
-- What do the checks of pipeline.yaml find in each slice that has rows? (A slice is one date of one table.)
--
-- Rendered from pipeline.yaml for some of its tables; `gaphealer sql quality` prints it for all of them. The question
-- for gaps judges by the same expressions; it takes a slice for invalid that is whole and fails any of them.
--   @start, @stop  DATE           the window [start, stop): constants, so that partitions are pruned
--   @tables        ARRAY<STRING>  only these tables; others are read because they are compared with
--
-- Returns a row for each check of each slice, in no order; where a table has none, one row for the slice:
--   slice_rows, slice_keys  INT64    all rows, and how many different keys; keys are NULL for a table without a key
--   position                INT64    the place of the check in pipeline.yaml, from 0; NULL: the table has none
--   bad_rows                INT64    how many rows break it; NULL where sums are compared
--   our_sum, their_sum      FLOAT64  what is compared; their_sum is NULL where there is nothing to compare with
--   is_failed               BOOL     that is more than is allowed
-- With nothing to report there is one row with table_name NULL. No row at all is never an answer.
--
-- Lint: the one row is there to be joined to, and nothing else.
-- noqa: disable=ST11

WITH
{%- if checks %}
-- Which checks there are, and in which columns of `present` is what they find.
checks AS (
  SELECT
    table_name,
    position,
    slot,
    pair,
    against
  FROM UNNEST(ARRAY<STRUCT<table_name STRING, position INT64, slot INT64, pair INT64, against STRING>>[
    {%- for check in checks %}
    ('{{ check.table_name }}', {{ check.position }}, {{ check.slot }}, {{ check.pair }}, {{ "'%s'" | format(check.against) if check.against else "NULL" }})
    {{- "," if not loop.last }}
    {%- endfor %}
  ])
),
{% endif %}
-- What is there. Each table is read once, of the window, and only the columns named here.
present AS (
  {%- for table in sources %}
  SELECT
    '{{ table.name }}' AS table_name,
    `{{ table.date }}` AS slice_date,
    COUNT(*) AS slice_rows,
    {{ "COUNT(DISTINCT `%s`)" | format(table.key) if table.key else "CAST(NULL AS INT64)" }} AS slice_keys
    {%- for slot in range(slots) %}
    {%- set check = table.checks[slot] if slot < table.checks | length else None %},
    {{ violations(check) if check else "CAST(NULL AS INT64)" }} AS bad_{{ slot }},
    {% if check %}{{ fails(check, 4) }}{% else %}CAST(NULL AS BOOL){% endif %} AS fails_{{ slot }}
    {%- endfor %}
    {%- for measure in table.measures %},
    {{ "CAST(%s AS FLOAT64)" | format(measure) if measure else "CAST(NULL AS FLOAT64)" }} AS measure_{{ loop.index0 }}
    {%- endfor %}
  FROM `{{ table.ref }}`
  WHERE `{{ table.date }}` >= @start AND `{{ table.date }}` < @stop
  GROUP BY `{{ table.date }}`
  {{- "\n  UNION ALL" if not loop.last }}
  {%- endfor %}
),

tested AS (
  SELECT
    ours.table_name,
    ours.slice_date,
    ours.slice_rows,
    ours.slice_keys
    {%- if checks %},
    checks.position,
    {%- else %},
    CAST(NULL AS INT64) AS position,
    {%- endif %}
    {%- if slots %}
    CASE checks.slot
      {%- for slot in range(slots) %}
      WHEN {{ slot }} THEN ours.bad_{{ slot }}
      {%- endfor %}
    END AS bad_rows,
    CASE checks.slot
      {%- for slot in range(slots) %}
      WHEN {{ slot }} THEN ours.fails_{{ slot }}
      {%- endfor %}
    END AS has_too_many,
    {%- else %}
    CAST(NULL AS INT64) AS bad_rows,
    CAST(NULL AS BOOL) AS has_too_many,
    {%- endif %}
    {%- if pairs %}
    CASE checks.pair
      {%- for pair in pairs %}
      WHEN {{ loop.index0 }} THEN ours.measure_{{ pair.our_measure }}
      {%- endfor %}
    END AS our_sum,
    CASE checks.pair
      {%- for pair in pairs %}
      WHEN {{ loop.index0 }} THEN theirs.measure_{{ pair.their_measure }}
      {%- endfor %}
    END AS their_sum,
    CASE checks.pair
      {%- for pair in pairs %}
      WHEN {{ loop.index0 }} THEN
        {{ differs("ours.measure_%d" | format(pair.our_measure), "theirs.measure_%d" | format(pair.their_measure), pair.tolerance, 8) }}
      {%- endfor %}
    END AS is_apart
    {%- else %}
    CAST(NULL AS FLOAT64) AS our_sum,
    CAST(NULL AS FLOAT64) AS their_sum,
    CAST(NULL AS BOOL) AS is_apart
    {%- endif %}
  FROM present AS ours
  {%- if checks %}
  LEFT JOIN checks ON ours.table_name = checks.table_name
  {%- endif %}
  {%- if pairs %}
  LEFT JOIN present AS theirs ON checks.against = theirs.table_name AND ours.slice_date = theirs.slice_date
  {%- endif %}
  WHERE ours.table_name IN UNNEST(@tables)
)

SELECT
  tested.table_name,
  tested.slice_date,
  tested.slice_rows,
  tested.slice_keys,
  tested.position,
  tested.bad_rows,
  tested.our_sum,
  tested.their_sum,
  COALESCE(tested.has_too_many, tested.is_apart, FALSE) AS is_failed
FROM UNNEST([0]) AS one
LEFT JOIN tested ON TRUE
