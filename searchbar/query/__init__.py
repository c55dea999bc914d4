"""Questions: parsing, normalization, spelling, rules."""
