-- Gives the lease of an edge back; changes nothing if it is somebody else's by now, or a later tenure's.
--   @pipeline, @edge STRING, @phase_to INT64: whose lease
--   @holder STRING, @fence INT64: whose tenure ends
-- A smaller fence is that of a second row, which is younger than the first and goes with it.

UPDATE `{{ ledger }}.leases`
SET
  holder = NULL,
  expires_at = CURRENT_TIMESTAMP()
WHERE
  pipeline = @pipeline
  AND edge = @edge
  AND phase_to = @phase_to
  AND holder = @holder
  AND fence <= @fence
