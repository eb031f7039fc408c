-- How well healing goes, by edge and by the day (in the pipeline's time zone) on which gaps were first seen.
--   gaps, healed, given_up   generations of gaps; seen healed; handed to a person and not sent again since
--   heal_rate                healed / gaps, from 0 to 1; NULL without any gap
--   attempts                 triggers sent for them; 0 where the live path was quicker
--   seconds_p50, seconds_p95 from first seen to seen healed, of those that healed; NULL without any
--   no_longer_due            generations that ended because nobody expects the slice any more. Nothing was healed there
--                            and nothing was left to heal, so they count in no other column
-- Waived gaps count as gaps that have not healed. A gap that was given up and opened anew counts once for each
-- generation, and the heal for all of them.

CREATE OR REPLACE VIEW `{{ ledger }}.healing_metrics` AS
WITH generations AS (
  SELECT
    pipeline,
    edge,
    phase_from,
    phase_to,
    attempts,
    healing_status,
    DATE(detected_at, '{{ timezone }}') AS detected_on,
    TIMESTAMP_DIFF(healed_at, detected_at, SECOND) AS seconds,
    healing_status != 'complete' OR COALESCE(reason, '') != 'not_expected' AS is_gap
  FROM `{{ ledger }}.data_gaps`
)

SELECT
  pipeline,
  edge,
  phase_from,
  phase_to,
  detected_on,
  COUNTIF(is_gap) AS gaps,
  COUNTIF(is_gap AND healing_status = 'complete') AS healed,
  COUNTIF(healing_status = 'failed') AS given_up,
  SAFE_DIVIDE(COUNTIF(is_gap AND healing_status = 'complete'), COUNTIF(is_gap)) AS heal_rate,
  SUM(IF(is_gap, attempts, 0)) AS attempts,
  APPROX_QUANTILES(IF(is_gap, seconds, NULL), 100)[OFFSET(50)] AS seconds_p50,
  APPROX_QUANTILES(IF(is_gap, seconds, NULL), 100)[OFFSET(95)] AS seconds_p95,
  COUNTIF(NOT is_gap) AS no_longer_due
FROM generations
GROUP BY pipeline, edge, phase_from, phase_to, detected_on
