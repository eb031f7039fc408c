-- Would BigQuery take this expression of pipeline.yaml for what it is there for? Only ever a dry run.
--   @day DATE   any date; without one, a table that requires a partition filter could not be asked
--
-- Has the form in which the question uses the expression: grouped by date, and an aggregate becomes a FLOAT64.

SELECT
  `{{ trial.date }}` AS slice_date,
  {{ ("CAST(%s AS FLOAT64)" if trial.form == "aggregate" else "COUNTIF(%s)") | format(trial.sql) }} AS tried
FROM `{{ trial.ref }}`
WHERE `{{ trial.date }}` = @day
GROUP BY `{{ trial.date }}`
