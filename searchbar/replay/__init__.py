"""Replay: a logged question answered again, and how that answer differs."""
