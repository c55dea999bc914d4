"""Mapping: a foreign catalogue's rows under the words of a snapshot."""
