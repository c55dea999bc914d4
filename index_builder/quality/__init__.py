"""The quality gate and what it measures."""
