-- Keeps one message that nobody could read, byte for byte (base64), with the reason.
--   @received_at TIMESTAMP, @edge, @reason, @message_id, @subscription, @body STRING

INSERT INTO `{{ ledger }}.quarantine` (received_at, edge, reason, message_id, subscription, body)
VALUES (@received_at, @edge, @reason, @message_id, @subscription, @body)
