"""Proposed judgments: what clicks, thumbs and questions without an answer suggest to people."""
