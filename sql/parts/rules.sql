{#- What holds: each table's rules and reads, as relations. From pipeline.yaml, by shared/queries.py. -#}
-- What each table of the question has to fulfil.
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
    {%- for rule in rules %}
    (
      '{{ rule.table_name }}', {{ rule.is_keyed | upper }},
      {{ rule.bootstrap_days }}, {{ rule.fixed_keys }}, {{ rule.is_ramp | upper }},
      {{ rule.complete_keys }}, {{ rule.complete_rows }}, {{ rule.complete_allowance }},
      {{ rule.gate_keys }}, {{ rule.gate_rows }}, {{ rule.gate_allowance }}
    ){{ "," if not loop.last }}
    {%- endfor %}
  ])
),

-- What each of them reads: a row for each source of each read, the best of a fallback chain first.
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
    {%- for read in reads %}
    (
      '{{ read.reader }}', {{ read.position }}, '{{ read.label }}',
      {{ read.rank }}, '{{ read.source }}', {{ read.first_back }}, {{ read.lookback_days }},
      {{ read.gates | upper }}, {{ read.waits | upper }}, {{ read.makes_stale | upper }}, {{ read.upgrades | upper }}
    ){{ "," if not loop.last }}
    {%- endfor %}
  ])
),
