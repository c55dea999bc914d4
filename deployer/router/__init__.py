"""The router's configuration: one map file is the only truth of who is live."""
