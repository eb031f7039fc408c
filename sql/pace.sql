-- How fast does it heal? What was sent and what was healed of late, by edge.
--   @pipeline STRING: whose ledger
--   @since TIMESTAMP     from this moment on
--   @start, @stop DATE   of slices in the window [start, stop)
--
-- Returns one row per edge on which anything was sent or healed since, by its name: edge, healed (how many slices; not
-- those of which a gap ended because nobody expects them any more), began_at and last_at (its first and last moment).
-- Writing an event twice is allowed, and counts once.

SELECT
  edge,
  COUNT(DISTINCT IF(event = 'healed' AND COALESCE(reason, '') != 'not_expected', event_id, NULL)) AS healed,
  MIN(event_at) AS began_at,
  MAX(event_at) AS last_at
FROM `{{ ledger }}.gap_events`
WHERE
  pipeline = @pipeline
  AND event_at >= @since
  AND slice_date >= @start
  AND slice_date < @stop
  AND event IN ('triggered', 'healed')
GROUP BY edge
ORDER BY edge
