{#- What a check finds in the rows of a slice, and when that is too much: the same for every question. -#}
{% macro violations(check) -%}
  {%- if check.bad -%}
    COUNTIF({{ check.bad }})
  {%- elif check.unique -%}
    COUNT(*) - COUNT(DISTINCT TO_JSON_STRING(STRUCT({{ quoted(check.unique) }})))
  {%- else -%}
    COUNTIF({% for column in check.not_null %}{{ " OR " if not loop.first }}`{{ column }}` IS NULL{% endfor %})
  {%- endif -%}
{%- endmacro -%}
{% macro quoted(columns) %}{% for column in columns %}{{ ", " if not loop.first }}`{{ column }}`{% endfor %}{% endmacro -%}
{% macro fails(check, indent) -%}
{{ violations(check) }}
{{ " " * indent }}> ROUND({{ check.max_fraction }} * COUNT(*), 6)
{%- endmacro -%}
{% macro differs(ours, theirs, tolerance, indent) -%}
ROUND(ABS(COALESCE({{ ours }}, 0) - {{ theirs }}), 6)
{{ " " * indent }}> ROUND({{ tolerance }} * ABS({{ theirs }}), 6)
{%- endmacro -%}
