"""Question → hits: serves one release."""
