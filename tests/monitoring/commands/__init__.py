"""The verbs, typed."""
