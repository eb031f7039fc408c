"""The only code that talks to Google Cloud: BigQuery, Pub/Sub and their clients."""
