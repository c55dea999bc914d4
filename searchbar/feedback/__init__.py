"""Clicks, thumbs, judgments and the log of questions."""
