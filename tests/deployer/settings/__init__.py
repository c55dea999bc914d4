"""Settings of slots, from Parameter Store and from files."""
