"""Files of questions answered into Parquet."""
