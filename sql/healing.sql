-- Does healing work? What happened to gaps on the days of a window, and how long it took until they were healed.
--   @pipeline STRING     whose ledger
--   @start, @stop DATE   the days [start, stop), in the pipeline's time zone
--
-- Returns a row for each day and edge on which anything happened, for each day of all edges (edge NULL), for each edge
-- on all days (day NULL), and for all of it (both NULL), in no order; where nothing happened there is none. What is
-- opened, healed, given up and no longer due is what the views `data_gaps` and `healing_metrics` call so:
--   opened         gaps first seen on the day; of these stand healed now: `opened_healed`, given up: `opened_given_up`
--   no_longer_due  first seen on the day, and ended because nobody expects the slice any more; counted nowhere else
--   healed         gaps seen healed on the day, whenever they opened
--   given_up       gaps that stand given up now, by the day on which they were handed to a person
--   attempts       attempts sent on the day, whatever became of them; each once, however often it was written
--   seconds_p50, seconds_p95   from first seen to seen healed, of those healed on the day: within how many seconds half
--                  of them were, and 95 of 100; exactly (nearest rank). NULL without any
--   took_0, ...    how many of those took less than the first bound, less than the second, ..., more than the last
--
-- Cost: the whole ledger, but only eleven of its columns: some 130 bytes for each event, so 125 MiB for a million. No
-- partition can be left out: when a gap was first seen its first event says, which may be of any age, and how it stands
-- now its last one. What comes back is a few thousand rows for a year.

WITH given_up AS (
  SELECT
    edge,
    table_name,
    slice_date,
    DATE(MAX(event_at), '{{ timezone }}') AS given_up_on
  FROM `{{ ledger }}.gap_events`
  WHERE pipeline = @pipeline AND event = 'escalated' AND COALESCE(reason, '') != 'breaker_open'
  GROUP BY edge, table_name, slice_date
),

gaps AS (
  SELECT
    gaps.edge,
    gaps.healing_status AS stands,
    gaps.healing_status != 'complete' OR COALESCE(gaps.reason, '') != 'not_expected' AS is_gap,
    DATE(gaps.detected_at, '{{ timezone }}') AS opened_on,
    DATE(gaps.healed_at, '{{ timezone }}') AS healed_on,
    IF(gaps.healing_status = 'failed', given_up.given_up_on, NULL) AS given_up_on,
    DIV(TIMESTAMP_DIFF(gaps.healed_at, gaps.detected_at, MICROSECOND), 1000000) AS seconds
  FROM `{{ ledger }}.data_gaps` AS gaps
  LEFT JOIN given_up
    ON gaps.edge = given_up.edge AND gaps.table_name = given_up.table_name AND gaps.game_date = given_up.slice_date
  WHERE gaps.pipeline = @pipeline
),

attempts AS (
  SELECT
    edge,
    DATE(MIN(event_at), '{{ timezone }}') AS sent_on
  FROM `{{ ledger }}.gap_events`
  WHERE pipeline = @pipeline AND event = 'triggered'
  GROUP BY edge, table_name, slice_date, generation, attempt
),

-- Everything that happened, on its day. A gap is read once, and told up to three times.
happened AS (
  SELECT
    gaps.edge,
    gaps.stands,
    IF(side = 'opened' AND NOT gaps.is_gap, 'no_longer_due', side) AS what,
    IF(side = 'healed', gaps.seconds, NULL) AS seconds,
    CASE side
      WHEN 'opened' THEN gaps.opened_on
      WHEN 'healed' THEN IF(gaps.is_gap, gaps.healed_on, NULL)
      ELSE gaps.given_up_on
    END AS on_day
  FROM gaps
  CROSS JOIN UNNEST(['opened', 'healed', 'given_up']) AS side

  UNION ALL

  SELECT
    edge,
    CAST(NULL AS STRING) AS stands,
    'attempt' AS what,
    CAST(NULL AS INT64) AS seconds,
    sent_on AS on_day
  FROM attempts
),

-- What happened alike, counted; so that of a million gaps little is left to be sorted.
alike AS (
  SELECT
    on_day,
    edge,
    what,
    stands,
    seconds,
    COUNT(*) AS many
  FROM happened
  WHERE on_day >= @start AND on_day < @stop
  GROUP BY on_day, edge, what, stands, seconds
),

-- The same for the day and the edge, for the day, for the edge, and for all.
scoped AS (
  SELECT
    alike.what,
    alike.stands,
    alike.seconds,
    alike.many,
    IF(by_day, alike.on_day, NULL) AS on_day,
    IF(by_edge, alike.edge, NULL) AS edge
  FROM alike
  CROSS JOIN UNNEST([TRUE, FALSE]) AS by_day
  CROSS JOIN UNNEST([TRUE, FALSE]) AS by_edge
),

-- How many of those healed took at most as long, and how many there are.
ranked AS (
  SELECT
    *,
    SUM(many) OVER (PARTITION BY what, on_day, edge ORDER BY seconds) AS place,
    SUM(many) OVER (PARTITION BY what, on_day, edge) AS places
  FROM scoped
)

SELECT
  on_day,
  edge,
  SUM(IF(what = 'opened', many, 0)) AS opened,
  SUM(IF(what = 'opened' AND stands = 'complete', many, 0)) AS opened_healed,
  SUM(IF(what = 'opened' AND stands = 'failed', many, 0)) AS opened_given_up,
  SUM(IF(what = 'no_longer_due', many, 0)) AS no_longer_due,
  SUM(IF(what = 'healed', many, 0)) AS healed,
  SUM(IF(what = 'given_up', many, 0)) AS given_up,
  SUM(IF(what = 'attempt', many, 0)) AS attempts,
  MIN(IF(what = 'healed' AND 100 * place >= 50 * places, seconds, NULL)) AS seconds_p50,
  MIN(IF(what = 'healed' AND 100 * place >= 95 * places, seconds, NULL)) AS seconds_p95,
  {%- for lower, upper in buckets %}
  SUM(IF(what = 'healed'
    {%- if lower is not none %} AND seconds >= {{ lower }}{% endif %}
    {%- if upper is not none %} AND seconds < {{ upper }}{% endif %}, many, 0)) AS took_{{ loop.index0 }}{{ "," if not loop.last }}
  {%- endfor %}
FROM ranked
GROUP BY on_day, edge
