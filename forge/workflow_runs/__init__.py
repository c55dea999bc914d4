"""Runs of GitHub Actions: whose they were, and what they left."""
