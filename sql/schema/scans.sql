-- One row for each scan that was answered: when, how long, over which dates, what it found, what it cost.
-- event_looks, event_bytes and event_query_ms are those of completions that the same instance answered since its scan
-- before, so that the bytes of a day are bytes_billed + event_bytes.

CREATE TABLE IF NOT EXISTS `{{ ledger }}.scans` (
  pipeline STRING NOT NULL,
  edge STRING NOT NULL,
  scan_id STRING NOT NULL,
  source STRING NOT NULL,
  started_at TIMESTAMP NOT NULL,
  seconds FLOAT64 NOT NULL,
  start_date DATE NOT NULL,
  end_date DATE NOT NULL,
  gaps INT64 NOT NULL,
  triggered INT64 NOT NULL,
  held INT64 NOT NULL,
  escalated INT64 NOT NULL,
  healed INT64 NOT NULL,
  messages INT64 NOT NULL,
  bytes_billed INT64 NOT NULL,
  query_ms INT64 NOT NULL,
  event_looks INT64 NOT NULL,
  event_bytes INT64 NOT NULL,
  event_query_ms INT64 NOT NULL
)
PARTITION BY DATE(started_at)
CLUSTER BY edge
OPTIONS (description = 'Gap healer: what each scan took and cost, append-only')
