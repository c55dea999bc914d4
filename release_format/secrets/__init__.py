"""Secrets: a type that never shows itself, and texts with what is secret left out."""
