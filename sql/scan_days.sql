-- How many scans of each edge were there on each day (in the pipeline's time zone), how long did the longest take, and
-- what did they and the looks of completions cost?
--   @pipeline STRING          whose scans
--   @start, @stop TIMESTAMP   from when to when; the second is not in it any more
--
-- Returns one row per day and edge, in this order.

SELECT
  DATE(started_at, '{{ timezone }}') AS scanned_on,
  edge,
  COUNT(*) AS scans,
  SUM(event_looks) AS looks,
  SUM(bytes_billed + event_bytes) AS bytes_billed,
  SUM(query_ms + event_query_ms) AS query_ms,
  MAX(seconds) AS seconds
FROM `{{ ledger }}.scans`
WHERE pipeline = @pipeline AND started_at >= @start AND started_at < @stop
GROUP BY scanned_on, edge
ORDER BY scanned_on, edge
