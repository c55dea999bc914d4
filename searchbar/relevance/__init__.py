"""Which results of a question fit: how likely each is wanted, and where they stop to fit."""
