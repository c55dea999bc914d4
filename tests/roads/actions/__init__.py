"""Here is GitHub Actions' road: linted, and run by act with a make that only writes down."""
