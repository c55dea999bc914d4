"""Alarms: evidence and recipes."""
