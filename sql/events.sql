-- What happened to the slices of a window, and of late to any slice? Every event of the ledger, oldest first.
--   @pipeline STRING
--   @start, @stop DATE   the window [start, stop)
--   @since TIMESTAMP     events of any slice from this moment on
-- Writing an event twice is allowed, so the same one may have several rows; one of them is returned.

SELECT
  event_at,
  pipeline,
  edge,
  phase_from,
  phase_to,
  table_name,
  slice_date,
  kind,
  event,
  attempt,
  generation,
  slice_key,
  trigger_id,
  scan_id,
  source,
  reason,
  correlation_id,
  details
FROM `{{ ledger }}.gap_events`
WHERE
  pipeline = @pipeline
  AND ((slice_date >= @start AND slice_date < @stop) OR event_at >= @since)
QUALIFY ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY event_at) = 1
ORDER BY event_at, generation, attempt, event, table_name, slice_date
