-- How much of each slice is there, of how much? One row for each slice that is expected or has rows, of every table.
--
-- The coverage questions of all edges (`gaphealer sql coverage`) over the days that the daily sweep reaches, up to
-- today in the pipeline's time zone; made from pipeline.yaml, so `gaphealer init` is to be run again when that changes.
--   state          complete, partial, invalid, stale, missing; not_expected: there are rows that nobody asks for
--   expected_keys  NULL where the table only has to be there
--   coverage       present / expected, from 0 to 1; NULL where nothing is expected. A complete slice may have less
--                  than 1, where pipeline.yaml calls that enough
--   newest         when a row of the slice was last written
--
-- Cost: each look reads the date, key, stamp and checked columns of the whole look-back, whatever dates are asked for.
-- Let a report that many people open keep an extract of it.
--
-- Lint: expressions in the place of parameters make lines long; within a FROM the order of joins is misjudged.
-- noqa: disable=LT05,ST09

CREATE OR REPLACE VIEW `{{ ledger }}.coverage` AS
SELECT
  '{{ pipeline.name }}' AS pipeline,
  phases.phase,
  phases.phase_name,
  slices.table_name,
  slices.slice_date AS game_date,
  COALESCE(slices.kind, IF(slices.is_due, 'complete', 'not_expected')) AS state,
  slices.expected_keys,
  slices.slice_keys AS present_keys,
  slices.slice_rows,
  CASE
    WHEN NOT slices.is_due THEN NULL
    WHEN slices.expected_keys > 0 THEN LEAST(slices.slice_keys / slices.expected_keys, 1.0)
    ELSE IF(slices.slice_rows > 0, 1.0, 0.0)
  END AS coverage,
  slices.newest
FROM (
  {%- for question in questions %}
  (
    {{ question | indent(4) | trim }}
  )
  {{- "\n  UNION ALL" if not loop.last }}
  {%- endfor %}
) AS slices
INNER JOIN UNNEST(ARRAY<STRUCT<table_name STRING, phase INT64, phase_name STRING>>[
  {%- for phase in pipeline.phases %}
  {%- set last_phase = loop.last %}
  {%- for table in phase.tables %}
  ('{{ table.name }}', {{ phase.phase }}, '{{ phase.name }}'){{ "," if not (loop.last and last_phase) }}
  {%- endfor %}
  {%- endfor %}
]) AS phases ON slices.table_name = phases.table_name
