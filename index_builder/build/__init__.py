"""Snapshot and recipe to sealed release."""
