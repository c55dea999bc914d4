"""Fields: what typed values of a release can be filtered, counted, sorted, grouped and ranked by."""
