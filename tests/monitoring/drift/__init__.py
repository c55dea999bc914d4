"""What the rank of a window finds, and how often it alarms for nothing."""
