-- Each generation of each gap, in the columns people already expect, and how its healing stands:
--   pending    seen, nothing sent yet          triggered  sent, not yet seen healed
--   complete   seen healed, or no longer due   failed     handed to a person, attempts used up or too old

CREATE OR REPLACE VIEW `{{ ledger }}.data_gaps` AS
SELECT
  MIN(event_at) AS detected_at,
  phase_from,
  phase_to,
  slice_date AS game_date,
  DATE_DIFF(
    DATE(COALESCE(MIN(IF(event = 'healed', event_at, NULL)), CURRENT_TIMESTAMP()), '{{ timezone }}'),
    slice_date,
    DAY
  ) AS gap_age_days,
  CASE
    WHEN COUNTIF(event = 'healed') > 0 THEN 'complete'
    WHEN COUNTIF(event = 'escalated') > 0 THEN 'failed'
    WHEN COUNTIF(event = 'triggered') > 0 THEN 'triggered'
    ELSE 'pending'
  END AS healing_status,
  MIN(IF(event = 'healed', event_at, NULL)) AS healed_at,
  table_name,
  MAX(kind) AS kind,
  COALESCE(MAX(IF(event = 'triggered', attempt, NULL)), 0) AS attempts,
  MAX(IF(event IN ('escalated', 'healed', 'reported_failed'), reason, NULL)) AS reason,
  pipeline,
  edge,
  generation
FROM `{{ ledger }}.gap_events`
GROUP BY pipeline, edge, phase_from, phase_to, table_name, slice_date, generation
