"""What a build fits to its catalogue: how much words count beside meaning."""
