"""Row rules, normalization and quarantine: what is fit to be an item."""
