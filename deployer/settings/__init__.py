"""Settings of a slot's server: where they are kept, which may be, and what changed."""
