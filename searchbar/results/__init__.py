"""Hits: snippets, explanations, similar items, topic votes."""
