-- Gives every edge that has none its row in leases, free for anybody. Rows that are there stay as they are.
--   @pipeline STRING
--   @edges STRING: a JSON array of objects with edge and phase_to
-- Two of these at once may each add the row of a new edge; the statements on leases do not mind a second one.

INSERT INTO `{{ ledger }}.leases` (pipeline, edge, phase_to, fence, expires_at)
SELECT
  @pipeline,
  JSON_VALUE(line, '$.edge'),
  CAST(JSON_VALUE(line, '$.phase_to') AS INT64),
  0,
  TIMESTAMP_SECONDS(0)
FROM UNNEST(JSON_QUERY_ARRAY(@edges)) AS line
WHERE
  JSON_VALUE(line, '$.edge') NOT IN (
    SELECT edge
    FROM `{{ ledger }}.leases`
    WHERE pipeline = @pipeline
  )
