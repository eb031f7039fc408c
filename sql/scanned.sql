-- Notes one scan that was answered.
--   parameters: the columns of scans

INSERT INTO `{{ ledger }}.scans` (
  pipeline, edge, scan_id, source, started_at, seconds, start_date, end_date, gaps, triggered, held, escalated, healed,
  messages, bytes_billed, query_ms, event_looks, event_bytes, event_query_ms
)
VALUES (
  @pipeline, @edge, @scan_id, @source, @started_at, @seconds, @start_date, @end_date, @gaps, @triggered, @held,
  @escalated, @healed, @messages, @bytes_billed, @query_ms, @event_looks, @event_bytes, @event_query_ms
)
