-- Which scan of each edge was the last?
--   @pipeline STRING   whose scans
--   @since TIMESTAMP   how far back to look, so that not the whole table is read
--
-- Returns one row per edge that was scanned since then, by its name: the columns of scans.

SELECT
  edge,
  scan_id,
  source,
  started_at,
  seconds,
  start_date,
  end_date,
  gaps,
  triggered,
  held,
  escalated,
  healed,
  messages,
  bytes_billed,
  query_ms,
  event_looks,
  event_bytes,
  event_query_ms
FROM `{{ ledger }}.scans`
WHERE pipeline = @pipeline AND started_at >= @since
QUALIFY ROW_NUMBER() OVER (PARTITION BY edge ORDER BY started_at DESC, scan_id DESC) = 1
ORDER BY edge
