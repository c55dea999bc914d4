"""Retrievers, fusion and the result set."""
