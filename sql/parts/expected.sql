{#- Which dates there should be. -#}
{% if calendar -%}
-- The dates that exist, and how many keys each of them should have.
calendar AS (
  SELECT
    `{{ calendar.date }}` AS slice_date,
    {{ "COUNT(DISTINCT `%s`)" | format(calendar.key) if calendar.key else "CAST(NULL AS INT64)" }} AS calendar_keys,
    {{ "MIN(`%s`)" | format(calendar.season) if calendar.season else "0" }} AS season
  FROM `{{ calendar.ref }}`
  WHERE `{{ calendar.date }}` >= @calendar_start AND `{{ calendar.date }}` < @stop AND ({{ calendar.where or "TRUE" }})
  GROUP BY `{{ calendar.date }}`
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
