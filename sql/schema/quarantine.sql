-- Messages nobody could read, kept until somebody does; redriven_at says when one was published again.

CREATE TABLE IF NOT EXISTS `{{ ledger }}.quarantine` (
  received_at TIMESTAMP NOT NULL,
  edge STRING NOT NULL,
  reason STRING NOT NULL,
  message_id STRING,
  subscription STRING,
  body STRING,
  redriven_at TIMESTAMP
)
PARTITION BY DATE(received_at)
OPTIONS (description = 'Gap healer: messages that could not be read, with the reason')
