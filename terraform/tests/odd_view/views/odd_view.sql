CREATE OR REPLACE VIEW `{{ ledger }}.odd_view` AS
SELECT '{{ pipeline.name }}' AS pipeline
