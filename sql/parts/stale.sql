{#- What was written after that which was made of it. -#}
-- When what a slice reads was last written, on all the dates that a read reaches.
written AS (
  SELECT
    reads.reader,
    reads.position,
    reads.label,
    reads.upgrades,
    reads.source_rank,
    here.slice_date,
    here.is_there,
    MAX(present.newest) AS newest
  FROM reads
  INNER JOIN judged AS here ON reads.source = here.table_name
  CROSS JOIN UNNEST(GENERATE_ARRAY(reads.first_back, reads.lookback_days)) AS days_back
  INNER JOIN present
    ON reads.source = present.table_name AND present.slice_date = DATE_SUB(here.slice_date, INTERVAL days_back DAY)
  WHERE reads.makes_stale
  GROUP BY
    reads.reader, reads.position, reads.label, reads.upgrades, reads.source_rank, here.slice_date, here.is_there
),

-- Of a fallback chain the best that is there counts; without `upgrade` all of them do, and the least new decides.
taken AS (
  SELECT *
  FROM written
  WHERE TRUE
  QUALIFY
    NOT upgrades
    OR ROW_NUMBER() OVER (PARTITION BY reader, position, slice_date ORDER BY IF(is_there, 0, 1), source_rank) = 1
),

inputs AS (
  SELECT
    reader,
    position,
    label,
    slice_date,
    MIN(newest) AS newest
  FROM taken
  GROUP BY reader, position, label, slice_date
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
