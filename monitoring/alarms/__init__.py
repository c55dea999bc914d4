"""Alarms: the evidence that a drift verdict becomes, and the recipe that it suggests."""
