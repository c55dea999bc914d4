"""Query logs, windows and verdicts."""
