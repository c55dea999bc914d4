"""What differs between a candidate and live, in counts and in Deepchecks' measures."""
