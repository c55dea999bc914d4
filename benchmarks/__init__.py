"""Speed and quality beside named peers, one command each."""
