"""The page: its files, and what its template shows."""
