"""Words to items."""
