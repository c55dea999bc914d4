"""Replay on the console."""
