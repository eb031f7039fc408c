{% extends "trail.sql" %}
{% block header -%}
-- What happened to the slices of a window, and of late to any slice? Every event of the ledger, oldest first.
--   @pipeline STRING
--   @start, @stop DATE   the window [start, stop)
--   @since TIMESTAMP     events of any slice from this moment on
{% endblock -%}
{% block which %}((slice_date >= @start AND slice_date < @stop) OR event_at >= @since){% endblock %}
{% block order %}table_name, slice_date, generation, attempt, event{% endblock %}
