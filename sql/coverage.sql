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
{% include "parts/rules.sql" %}
{% include "parts/expected.sql" %}
{% include "parts/present.sql" %}
{% include "parts/judged.sql" %}
{% include "parts/stale.sql" %}
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
    changes.read_newest,
    blocks.blocked_by
  FROM judged AS own
  LEFT JOIN blocks ON own.table_name = blocks.reader AND own.slice_date = blocks.slice_date
  LEFT JOIN changes ON own.table_name = changes.reader AND own.slice_date = changes.slice_date
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
    read_newest,
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
    CAST(NULL AS TIMESTAMP) AS read_newest,
    CAST(NULL AS STRING) AS blocked_by,
    CAST(NULL AS STRING) AS kind,
    CAST(NULL AS STRING) AS because
  FROM present
  LEFT JOIN expected ON present.slice_date = expected.slice_date
  WHERE
    expected.slice_date IS NULL
    AND present.slice_date >= @start
    AND (COALESCE(ARRAY_LENGTH(@dates), 0) = 0 OR present.slice_date IN UNNEST(@dates))
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
