"""What is done to the query log at rest: parts become Parquet, are deleted, and forget."""
