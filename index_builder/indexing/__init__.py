"""Vectors and words to index files."""
