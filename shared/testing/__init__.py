"""Twins of the outside world in memory, and small factories: for tests, never deployed."""
