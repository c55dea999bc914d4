"""A candidate beside a live release."""
