-- What was last written into the ledger about each edge?
--   @pipeline STRING: whose ledger
--
-- Returns one row per edge of which anything was ever written, by its name: edge, event_at, scan_id and source. A look
-- that changes nothing writes nothing, so an edge on which all is well may be long silent.

SELECT
  edge,
  event_at,
  scan_id,
  source
FROM `{{ ledger }}.gap_events`
WHERE pipeline = @pipeline
QUALIFY ROW_NUMBER() OVER (PARTITION BY edge ORDER BY event_at DESC, COALESCE(scan_id, '') DESC) = 1
ORDER BY edge
