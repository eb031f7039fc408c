-- Who holds the lease of an edge at this moment, by the database's clock?
--   @pipeline, @edge STRING, @phase_to INT64: whose lease
-- Comes back: one row with holder (NULL: nobody), fence and is_held. No row: the edge has no lease that could be taken.

SELECT
  holder,
  fence,
  expires_at > CURRENT_TIMESTAMP() AS is_held
FROM `{{ ledger }}.leases`
WHERE pipeline = @pipeline AND edge = @edge AND phase_to = @phase_to
ORDER BY fence DESC
LIMIT 1
