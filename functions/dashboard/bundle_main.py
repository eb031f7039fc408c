"""Lies as `main.py` at the root of the bundle, where the platform looks for it, and hands on to the name plate."""

from functions.dashboard.main import main

__all__ = ["main"]
