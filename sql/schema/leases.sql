-- Who works on which edge: one row per edge, changed in place by `lease_take.sql` and `lease_release.sql` alone.
-- One partition per phase: statements that change one partition wait for each other, and edges should not.

CREATE TABLE IF NOT EXISTS `{{ ledger }}.leases` (
  pipeline STRING NOT NULL,
  edge STRING NOT NULL,
  phase_to INT64 NOT NULL,
  holder STRING,
  fence INT64 NOT NULL,
  acquired_at TIMESTAMP,
  expires_at TIMESTAMP NOT NULL
)
PARTITION BY RANGE_BUCKET(phase_to, GENERATE_ARRAY(0, 100, 1))
OPTIONS (description = 'Gap healer: which instance works on which edge, and until when')
