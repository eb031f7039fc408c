-- Notes that messages of the quarantine were published again; nothing else is ever changed in it.
--   @ids ARRAY<STRING>   which, as `quarantined.sql` calls them
--   @redriven_at TIMESTAMP

UPDATE `{{ ledger }}.quarantine`
SET redriven_at = @redriven_at
WHERE
  redriven_at IS NULL
  AND COALESCE(NULLIF(message_id, ''), SUBSTR(TO_HEX(SHA256(COALESCE(body, ''))), 1, 16)) IN UNNEST(@ids)
