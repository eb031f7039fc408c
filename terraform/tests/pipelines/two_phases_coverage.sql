-- Made by `gaphealer sql report` from a pipeline.yaml with sha256 22c206d85efba33dc7155f069276db07241ac7cecf7102ba90ce22648b84259c
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

CREATE OR REPLACE VIEW `Shop_Sales_2_orchestration.coverage` AS
SELECT
  'Shop_Sales-2' AS pipeline,
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
  (
    WITH
    rules AS (
      SELECT
        table_name,
        is_keyed,
        bootstrap_days,
        fixed_keys,
        is_ramp,
        complete_keys,
        complete_rows,
        complete_allowance,
        gate_keys,
        gate_rows,
        gate_allowance
      FROM UNNEST(ARRAY<STRUCT<
        table_name STRING, is_keyed BOOL, bootstrap_days INT64, fixed_keys INT64, is_ramp BOOL,
        complete_keys FLOAT64, complete_rows FLOAT64, complete_allowance INT64,
        gate_keys FLOAT64, gate_rows FLOAT64, gate_allowance INT64
      >>[
        (
          'orders', FALSE,
          0, NULL, FALSE,
          NULL, 0.0, 0,
          NULL, 0.0, 0
        ),
        (
          'revenue', FALSE,
          0, NULL, FALSE,
          NULL, 0.0, 0,
          NULL, 0.0, 0
        )
      ])
    ),

    reads AS (
      SELECT
        reader,
        position,
        label,
        source_rank,
        source,
        first_back,
        lookback_days,
        gates,
        waits,
        makes_stale,
        upgrades
      FROM UNNEST(ARRAY<STRUCT<
        reader STRING, position INT64, label STRING,
        source_rank INT64, source STRING, first_back INT64, lookback_days INT64,
        gates BOOL, waits BOOL, makes_stale BOOL, upgrades BOOL
      >>[
        (
          'revenue', 0, 'orders',
          0, 'orders', 0, 0,
          TRUE, TRUE, FALSE, TRUE
        )
      ])
    ),

    calendar AS (
      SELECT
        `day` AS slice_date,
        CAST(NULL AS INT64) AS calendar_keys,
        0 AS season
      FROM `shop_calendar.days`
      WHERE `day` >= DATE_SUB(CURRENT_DATE('Europe/Zurich'), INTERVAL 1900 DAY) AND `day` < DATE_ADD(CURRENT_DATE('Europe/Zurich'), INTERVAL 1 DAY) AND (TRUE)
      GROUP BY `day`
    ),

    expected AS (
      SELECT
        slice_date,
        calendar_keys,
        season,
        DATE_DIFF(slice_date, MIN(slice_date) OVER (PARTITION BY season), DAY) AS season_day
      FROM calendar
    ),

    present AS (
      SELECT
        'orders' AS table_name,
        `day` AS slice_date,
        COUNT(*) AS slice_rows,
        0 AS slice_keys,
        CAST(NULL AS TIMESTAMP) AS newest,
        '' AS failed_checks
      FROM `other-project.shop_raw.orders`
      WHERE `day` >= DATE_SUB(CURRENT_DATE('Europe/Zurich'), INTERVAL 1500 DAY) AND `day` < DATE_ADD(CURRENT_DATE('Europe/Zurich'), INTERVAL 1 DAY)
      GROUP BY `day`
      UNION ALL
      SELECT
        'revenue' AS table_name,
        `day` AS slice_date,
        COUNT(*) AS slice_rows,
        0 AS slice_keys,
        CAST(NULL AS TIMESTAMP) AS newest,
        '' AS failed_checks
      FROM `shop_mart.revenue`
      WHERE `day` >= DATE_SUB(CURRENT_DATE('Europe/Zurich'), INTERVAL 1500 DAY) AND `day` < DATE_ADD(CURRENT_DATE('Europe/Zurich'), INTERVAL 1 DAY)
      GROUP BY `day`
    ),


    grid AS (
      SELECT
        expected.slice_date,
        expected.season_day,
        rules.*,
        present.newest,
        COALESCE(present.slice_rows, 0) AS slice_rows,
        COALESCE(present.slice_keys, 0) AS slice_keys,
        COALESCE(present.failed_checks, '') AS failed_checks,
        COALESCE(rules.fixed_keys, expected.calendar_keys) AS expected_keys
      FROM expected
      CROSS JOIN rules
      LEFT JOIN present ON rules.table_name = present.table_name AND expected.slice_date = present.slice_date
      WHERE
        expected.slice_date >= DATE_SUB(CURRENT_DATE('Europe/Zurich'), INTERVAL 1500 DAY)
        AND (COALESCE(ARRAY_LENGTH(ARRAY<DATE>[]), 0) = 0 OR expected.slice_date IN UNNEST(ARRAY<DATE>[]))
    ),

    judged AS (
      SELECT
        *,
        season_day >= bootstrap_days AND NOT (is_ramp AND expected_keys = 0) AS is_in_season,
        season_day < bootstrap_days OR (is_ramp AND expected_keys = 0) OR (
          slice_rows > 0
          AND failed_checks = ''
          AND COALESCE(
            slice_keys >= ROUND(gate_keys * expected_keys, 6)
            OR (slice_keys > 0 AND slice_keys >= expected_keys - gate_allowance),
            TRUE
          )
          AND slice_rows >= ROUND(gate_rows * slice_keys, 6)
        ) AS is_there,
        (
          COALESCE(
            slice_keys >= ROUND(complete_keys * expected_keys, 6)
            OR (slice_keys > 0 AND slice_keys >= expected_keys - complete_allowance),
            TRUE
          )
        ) AS has_keys
      FROM grid
    ),

    gates AS (
      SELECT
        reads.reader,
        reads.position,
        reads.label,
        sources.slice_date,
        LOGICAL_OR(sources.is_there AND sources.is_in_season) OR NOT LOGICAL_OR(sources.is_in_season) AS is_met,
        LOGICAL_OR(sources.slice_rows > 0) AS is_called_for
      FROM reads
      INNER JOIN judged AS sources ON reads.source = sources.table_name
      WHERE reads.gates
      GROUP BY reads.reader, reads.position, reads.label, sources.slice_date
    ),

    blocks AS (
      SELECT
        reader,
        slice_date,
        LOGICAL_OR(is_called_for) AS is_called_for,
        STRING_AGG(IF(is_met, NULL, label), ',' ORDER BY position) AS blocked_by
      FROM gates
      GROUP BY reader, slice_date
    ),

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

    facts AS (
      SELECT
        own.slice_date,
        own.table_name,
        own.slice_keys,
        own.slice_rows,
        own.newest,
        own.failed_checks,
        own.complete_rows,
        own.is_in_season AS is_due,
        IF(own.complete_keys IS NULL, NULL, own.expected_keys) AS expected_keys,
        own.has_keys,
        newer.stale_by,
        changes.read_newest,
        blocks.blocked_by
      FROM judged AS own
      LEFT JOIN blocks ON own.table_name = blocks.reader AND own.slice_date = blocks.slice_date
      LEFT JOIN changes ON own.table_name = changes.reader AND own.slice_date = changes.slice_date
      LEFT JOIN newer ON own.table_name = newer.reader AND own.slice_date = newer.slice_date
      WHERE own.table_name IN UNNEST(['orders', 'revenue'])
    ),

    slices AS (
      SELECT
        slice_date,
        table_name,
        is_due,
        slice_keys,
        slice_rows,
        newest,
        expected_keys,
        read_newest,
        blocked_by,
        CASE
          WHEN NOT is_due THEN NULL
          WHEN slice_rows = 0 THEN 'missing'
          WHEN NOT has_keys THEN 'partial'
          WHEN slice_rows < ROUND(complete_rows * slice_keys, 6) THEN 'partial'
          WHEN failed_checks != '' THEN 'invalid'
          WHEN stale_by IS NOT NULL THEN 'stale'
        END AS kind,
        IF(failed_checks = '', stale_by, failed_checks) AS because
      FROM facts
    ),

    beside AS (
      SELECT
        present.slice_date,
        present.table_name,
        FALSE AS is_due,
        present.slice_keys,
        present.slice_rows,
        present.newest,
        CAST(NULL AS INT64) AS expected_keys,
        CAST(NULL AS TIMESTAMP) AS read_newest,
        CAST(NULL AS STRING) AS blocked_by,
        CAST(NULL AS STRING) AS kind,
        CAST(NULL AS STRING) AS because
      FROM present
      LEFT JOIN expected ON present.slice_date = expected.slice_date
      WHERE
        expected.slice_date IS NULL
        AND present.slice_date >= DATE_SUB(CURRENT_DATE('Europe/Zurich'), INTERVAL 1500 DAY)
        AND (COALESCE(ARRAY_LENGTH(ARRAY<DATE>[]), 0) = 0 OR present.slice_date IN UNNEST(ARRAY<DATE>[]))
        AND present.table_name IN UNNEST(['orders', 'revenue'])
    ),

    known AS (
      SELECT *
      FROM slices
      WHERE is_due OR slice_rows > 0
      UNION ALL
      SELECT *
      FROM beside
    ),

    dates AS (
      SELECT COUNT(*) AS calendar_dates
      FROM calendar
    )

    SELECT
      known.*,
      dates.calendar_dates
    FROM dates
    LEFT JOIN known ON TRUE
  )
) AS slices
INNER JOIN UNNEST(ARRAY<STRUCT<table_name STRING, phase INT64, phase_name STRING>>[
  ('orders', 1, 'orders'),
  ('revenue', 2, 'revenue')
]) AS phases ON slices.table_name = phases.table_name
