"""Pull requests where the repository is hosted: GitHub and GitLab, behind the same questions."""
