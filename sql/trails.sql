{% extends "trail.sql" %}
{% block header -%}
-- What happened on one date? Every event of the ledger about a slice of it, oldest first; none is an answer too.
--   @pipeline STRING, @day DATE: which slices, of any table that there is or was
{% endblock -%}
{% block which %}slice_date = @day{% endblock %}
{% block order %}table_name, generation, attempt, event{% endblock %}
