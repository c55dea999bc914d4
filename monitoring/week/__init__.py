"""The week: what was asked and how it went, beside the week before, as a page and as a message."""
