-- Takes the lease of an edge, or renews it, unless somebody else holds it: one compare-and-set.
--   @pipeline, @edge STRING, @phase_to INT64: whose lease
--   @holder STRING: who wants it
--   @milliseconds INT64: for how long from now; "now" is always the database's
-- The fence grows with every new tenure and stays when one is renewed; `lease_confirm.sql` tells it, and whose it is.
-- Of two such statements at once BigQuery lets one fail or start over.
-- Should an edge have two rows, nobody gets in while either of them is held by somebody else.

UPDATE `{{ ledger }}.leases`
SET
  holder = @holder,
  fence = fence + IF(holder = @holder AND expires_at > CURRENT_TIMESTAMP(), 0, 1),
  acquired_at = IF(holder = @holder AND expires_at > CURRENT_TIMESTAMP(), acquired_at, CURRENT_TIMESTAMP()),
  expires_at = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL @milliseconds MILLISECOND)
WHERE
  pipeline = @pipeline
  AND edge = @edge
  AND phase_to = @phase_to
  AND NOT EXISTS (
    SELECT 1
    FROM `{{ ledger }}.leases` AS other
    WHERE
      other.pipeline = @pipeline
      AND other.edge = @edge
      AND other.phase_to = @phase_to
      AND other.holder != @holder
      AND other.expires_at > CURRENT_TIMESTAMP()
  )
