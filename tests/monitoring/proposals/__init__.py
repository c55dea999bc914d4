"""Proposed judgments."""
