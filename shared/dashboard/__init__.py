"""The dashboard: pages to look at, and the same as JSON. Nothing here writes, publishes or decides."""
