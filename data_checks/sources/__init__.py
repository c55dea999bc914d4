"""Readers of catalogues: files, databases, package lists, pulls and pins."""
