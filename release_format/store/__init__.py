"""Where sealed directories, records and channels are kept: a folder or a bucket."""
