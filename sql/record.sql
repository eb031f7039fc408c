-- Appends ledger events in one write, however many there are.
--   @events STRING: a JSON array of objects with the columns of gap_events; absent fields become NULL
-- Writing an event twice is harmless: everything that is folded from the ledger takes maxima and minima.

INSERT INTO `{{ ledger }}.gap_events` (
  event_id, event_at, pipeline, edge, phase_from, phase_to, table_name, slice_date, kind, event, attempt, generation,
  slice_key, trigger_id, scan_id, source, reason, correlation_id, details
)
SELECT
  JSON_VALUE(line, '$.event_id'),
  TIMESTAMP(JSON_VALUE(line, '$.event_at')),
  JSON_VALUE(line, '$.pipeline'),
  JSON_VALUE(line, '$.edge'),
  CAST(JSON_VALUE(line, '$.phase_from') AS INT64),
  CAST(JSON_VALUE(line, '$.phase_to') AS INT64),
  JSON_VALUE(line, '$.table_name'),
  CAST(JSON_VALUE(line, '$.slice_date') AS DATE),
  JSON_VALUE(line, '$.kind'),
  JSON_VALUE(line, '$.event'),
  CAST(JSON_VALUE(line, '$.attempt') AS INT64),
  CAST(JSON_VALUE(line, '$.generation') AS INT64),
  JSON_VALUE(line, '$.slice_key'),
  JSON_VALUE(line, '$.trigger_id'),
  JSON_VALUE(line, '$.scan_id'),
  JSON_VALUE(line, '$.source'),
  JSON_VALUE(line, '$.reason'),
  JSON_VALUE(line, '$.correlation_id'),
  JSON_VALUE(line, '$.details')
FROM UNNEST(JSON_QUERY_ARRAY(@events)) AS line
