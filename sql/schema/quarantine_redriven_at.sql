-- For a quarantine that is older than this column.

ALTER TABLE `{{ ledger }}.quarantine` ADD COLUMN IF NOT EXISTS redriven_at TIMESTAMP
