-- The ledger: one row per thing that happened to a slice. Rows are only ever added.

CREATE TABLE IF NOT EXISTS `{{ ledger }}.gap_events` (
  event_id STRING NOT NULL,
  event_at TIMESTAMP NOT NULL,
  pipeline STRING NOT NULL,
  edge STRING NOT NULL,
  phase_from INT64 NOT NULL,
  phase_to INT64 NOT NULL,
  table_name STRING NOT NULL,
  slice_date DATE NOT NULL,
  kind STRING,
  event STRING NOT NULL,
  attempt INT64 NOT NULL,
  generation INT64 NOT NULL,
  slice_key STRING,
  trigger_id STRING,
  scan_id STRING,
  source STRING,
  reason STRING,
  correlation_id STRING,
  details STRING
)
PARTITION BY DATE(event_at)
CLUSTER BY edge, slice_date, table_name
OPTIONS (description = 'Gap healer: what happened to each slice, append-only')
