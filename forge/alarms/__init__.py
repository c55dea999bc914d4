"""Alarms: what Alertmanager posts becomes a message for people."""
