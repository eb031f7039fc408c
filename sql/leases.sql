-- Who works on which edge at this moment, by the database's clock?
--   @pipeline STRING: whose leases
--
-- Returns one row per edge that has a lease, by its name: edge, is_held, holder, acquired_at and expires_at, which mean
-- something only while it is held. Should an edge have two rows, the one with the higher fence counts, as it does for
-- those who work.

SELECT
  edge,
  expires_at > CURRENT_TIMESTAMP() AS is_held,
  holder,
  acquired_at,
  expires_at
FROM `{{ ledger }}.leases`
WHERE pipeline = @pipeline
QUALIFY ROW_NUMBER() OVER (PARTITION BY edge ORDER BY fence DESC) = 1
ORDER BY edge
