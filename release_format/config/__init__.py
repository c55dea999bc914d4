"""Configuration: every setting of every program, and the one reader of checked TOML tables."""
