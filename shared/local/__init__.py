"""The local stack: what stands in for Google Cloud on one machine."""
