-- Each generation of each gap, in the columns people already expect, and how its healing stands:
--   pending    seen, nothing sent yet          triggered  sent, not yet seen healed
--   complete   seen healed, or no longer due   failed     given up (attempts used up, too old), and nothing sent since
-- An escalation because of the breaker gives nothing up: it asks a person to look, and the healer goes on probing.
-- What was given up and opened anew goes on in its next generation: it is sent, and healed, when that is.
--
-- `kind` is the one last seen. `reason` is that of the heal (not_expected: no longer due) or, of an open gap, of what
-- was last said about it since it was last sent: an escalation, a reported failure, an operator's waiver.

CREATE OR REPLACE VIEW `{{ ledger }}.data_gaps` AS
WITH generations AS (
  SELECT
    pipeline,
    edge,
    phase_from,
    phase_to,
    table_name,
    slice_date,
    generation,
    MIN(event_at) AS detected_at,
    MIN(IF(event = 'healed', event_at, NULL)) AS healed_at,
    IF(COUNTIF(event = 'healed') = 0, NULL, COALESCE(MAX(IF(event = 'healed', reason, NULL)), '')) AS heal_reason,
    MAX(IF(event = 'triggered', event_at, NULL)) AS last_triggered_at,
    MAX(IF(event = 'escalated' AND COALESCE(reason, '') != 'breaker_open', event_at, NULL)) AS given_up_at,
    COALESCE(MAX(IF(event = 'triggered', attempt, NULL)), 0) AS attempts,
    MAX_BY(kind, IF(kind IS NULL, NULL, event_at)) AS kind,
    MAX_BY(
      IF(event IN ('escalated', 'reported_failed', 'waived'), COALESCE(reason, ''), ''),
      IF(event IN ('escalated', 'reported_failed', 'waived', 'unwaived', 'triggered'), event_at, NULL)
    ) AS open_reason
  FROM `{{ ledger }}.gap_events`
  GROUP BY pipeline, edge, phase_from, phase_to, table_name, slice_date, generation
),

continued AS (
  SELECT
    * EXCEPT (healed_at, heal_reason, last_triggered_at, given_up_at),
    FIRST_VALUE(healed_at IGNORE NULLS) OVER onward AS healed_at,
    FIRST_VALUE(heal_reason IGNORE NULLS) OVER onward AS heal_reason,
    MAX(last_triggered_at) OVER onward AS last_triggered_at,
    MAX(given_up_at) OVER onward AS given_up_at
  FROM generations
  WINDOW
    onward AS (
      PARTITION BY pipeline, edge, phase_from, phase_to, table_name, slice_date
      ORDER BY generation
      ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    )
)

SELECT
  detected_at,
  phase_from,
  phase_to,
  slice_date AS game_date,
  DATE_DIFF(DATE(COALESCE(healed_at, CURRENT_TIMESTAMP()), '{{ timezone }}'), slice_date, DAY) AS gap_age_days,
  CASE
    WHEN healed_at IS NOT NULL THEN 'complete'
    WHEN given_up_at IS NOT NULL AND COALESCE(last_triggered_at <= given_up_at, TRUE) THEN 'failed'
    WHEN last_triggered_at IS NOT NULL THEN 'triggered'
    ELSE 'pending'
  END AS healing_status,
  healed_at,
  table_name,
  kind,
  attempts,
  NULLIF(IF(healed_at IS NULL, open_reason, heal_reason), '') AS reason,
  pipeline,
  edge,
  generation
FROM continued
