"""Fields: what a release's values can be filtered, counted, sorted, grouped and ranked by."""
