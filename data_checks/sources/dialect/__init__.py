"""Encodings, separators and quotes: how a file of text is written."""
