"""Reports of an admission: Markdown, JUnit, HTML."""
