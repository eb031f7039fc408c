{#- What was written after that which was made of it. -#}
-- When what a slice reads was last written, on each date that a read reaches.
written AS (
  SELECT
    reads.reader,
    reads.position,
    reads.label,
    reads.upgrades,
    reads.source_rank,
    here.slice_date,
    days_back,
    present.newest,
    days_back > 0 OR here.is_there AS is_taken
  FROM reads
  INNER JOIN judged AS here ON reads.source = here.table_name
  CROSS JOIN UNNEST(GENERATE_ARRAY(reads.first_back, reads.lookback_days)) AS days_back
  INNER JOIN present
    ON reads.source = present.table_name AND present.slice_date = DATE_SUB(here.slice_date, INTERVAL days_back DAY)
  WHERE reads.makes_stale
),

-- Of a fallback chain the best counts that is there, before the date itself the best that has rows; without `upgrade`
-- all of them do, and the least new decides.
taken AS (
  SELECT *
  FROM written
  WHERE TRUE
  QUALIFY
    NOT upgrades
    OR ROW_NUMBER() OVER (
      PARTITION BY reader, position, slice_date, days_back ORDER BY IF(is_taken, 0, 1), source_rank
    ) = 1
),

sources AS (
  SELECT
    reader,
    position,
    label,
    slice_date,
    IF(upgrades, 0, source_rank) AS which_source,
    MAX(newest) AS newest
  FROM taken
  GROUP BY reader, position, label, slice_date, which_source
),

inputs AS (
  SELECT
    reader,
    position,
    label,
    slice_date,
    MIN(newest) AS newest
  FROM sources
  GROUP BY reader, position, label, slice_date
),

changes AS (
  SELECT
    reader,
    slice_date,
    MAX(newest) AS read_newest
  FROM inputs
  GROUP BY reader, slice_date
),

newer AS (
  SELECT
    inputs.reader,
    inputs.slice_date,
    STRING_AGG(inputs.label, ',' ORDER BY inputs.position) AS stale_by
  FROM inputs
  INNER JOIN judged AS own ON inputs.reader = own.table_name AND inputs.slice_date = own.slice_date
  WHERE inputs.newest > own.newest
  GROUP BY inputs.reader, inputs.slice_date
),
