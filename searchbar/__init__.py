"""Question → hits: the server, and the engine that quality is measured by."""
