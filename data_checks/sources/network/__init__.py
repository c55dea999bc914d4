"""Network: catalogues that are fetched, and what their servers answer."""
