-- How well healing goes, by edge and by the day (in the pipeline's time zone) on which gaps were first seen.
--   gaps, healed, given_up   generations of gaps; handed to a person and not healed since
--   heal_rate                healed / gaps, from 0 to 1
--   attempts                 triggers sent for them
--   seconds_p50, seconds_p95 from first seen to seen healed, of those that healed; NULL without any

CREATE OR REPLACE VIEW `{{ ledger }}.healing_metrics` AS
WITH healings AS (
  SELECT
    pipeline,
    edge,
    phase_from,
    phase_to,
    attempts,
    healing_status,
    DATE(detected_at, '{{ timezone }}') AS detected_on,
    TIMESTAMP_DIFF(healed_at, detected_at, SECOND) AS seconds
  FROM `{{ ledger }}.data_gaps`
)

SELECT
  pipeline,
  edge,
  phase_from,
  phase_to,
  detected_on,
  COUNT(*) AS gaps,
  COUNT(seconds) AS healed,
  COUNTIF(healing_status = 'failed') AS given_up,
  COUNT(seconds) / COUNT(*) AS heal_rate,
  SUM(attempts) AS attempts,
  APPROX_QUANTILES(seconds, 100)[OFFSET(50)] AS seconds_p50,
  APPROX_QUANTILES(seconds, 100)[OFFSET(95)] AS seconds_p95
FROM healings
GROUP BY pipeline, edge, phase_from, phase_to, detected_on
