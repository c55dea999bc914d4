"""Do people still ask what this release was judged on? Windows of the query log, ranked."""
