"""The comment of a pull request as Markdown and as a page, and the gates' own pages."""
