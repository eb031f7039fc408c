-- The gaps that are open now: the latest generation of each slice that has not been seen healed.

CREATE OR REPLACE VIEW `{{ ledger }}.current_gaps` AS
SELECT
  pipeline,
  edge,
  phase_from,
  phase_to,
  game_date,
  table_name,
  kind,
  healing_status,
  detected_at,
  gap_age_days,
  attempts,
  reason,
  generation
FROM `{{ ledger }}.data_gaps`
WHERE healed_at IS NULL
QUALIFY generation = MAX(generation) OVER (PARTITION BY pipeline, edge, table_name, game_date)
