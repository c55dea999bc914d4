"""The data gate: thresholds, acceptances, verdict."""
