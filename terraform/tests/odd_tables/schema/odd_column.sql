CREATE TABLE IF NOT EXISTS `{{ ledger }}.odd_column` (
  plain STRING,
  odd STRING DEFAULT 'x'
)
