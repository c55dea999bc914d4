"""A sample of every format that was ever sealed; what is in it is never made again."""
