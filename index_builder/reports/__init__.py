"""HTML reports and their templates."""
