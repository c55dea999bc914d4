"""Values that change by the minute: a file beside the release, over what the release holds."""
