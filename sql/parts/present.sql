{#- What is there, what is wrong with it, and what it should sum up to. -#}
{% from "parts/checks.sql" import fails, differs -%}
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
        {{ fails(check, 8) }}, '{{ check.name }}', NULL
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
  GROUP BY `{{ table.date }}`
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
      AND {{ differs("ours.measure_%d" | format(check.our_measure), "theirs.measure_%d" | format(check.their_measure), check.tolerance, 6) }}
    {{- "\n    UNION ALL" if not loop.last }}
    {%- endfor %}
  ) AS failures
  GROUP BY table_name, slice_date
),

{% endif -%}
