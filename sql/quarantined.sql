-- Which messages could nobody read, and what has become of them?
--   @redriven BOOL   also those that were published again
--
-- Returns one row per message kept, the latest first: id STRING (Pub/Sub's own, or where there was none the beginning
-- of a digest of the body; kept twice, a message has one id), received_at TIMESTAMP, edge, reason, message_id,
-- subscription STRING, body STRING (base64), redriven_at TIMESTAMP (NULL: it was not).

SELECT
  COALESCE(NULLIF(message_id, ''), SUBSTR(TO_HEX(SHA256(COALESCE(body, ''))), 1, 16)) AS id,
  received_at,
  edge,
  reason,
  COALESCE(message_id, '') AS message_id,
  COALESCE(subscription, '') AS subscription,
  COALESCE(body, '') AS body,
  redriven_at
FROM `{{ ledger }}.quarantine`
WHERE @redriven OR redriven_at IS NULL
ORDER BY received_at DESC, edge ASC, id ASC
