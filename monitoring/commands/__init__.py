"""The verbs of this program."""
