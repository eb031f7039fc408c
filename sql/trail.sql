{% block header -%}
-- What happened to one slice? Every event of the ledger about it, oldest first; none is an answer too.
--   @pipeline, @table STRING, @day DATE: which slice
{% endblock -%}
-- Writing an event twice is allowed, so the same one may have several rows; one of them is returned.

SELECT
  event_at,
  pipeline,
  edge,
  phase_from,
  phase_to,
  table_name,
  slice_date,
  kind,
  event,
  attempt,
  generation,
  slice_key,
  trigger_id,
  scan_id,
  source,
  reason,
  correlation_id,
  details
FROM `{{ ledger }}.gap_events`
WHERE pipeline = @pipeline AND {% block which %}table_name = @table AND slice_date = @day{% endblock %}
QUALIFY ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY event_at) = 1
ORDER BY event_at, {% block order %}generation, attempt, event{% endblock %}
