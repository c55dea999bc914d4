"""What hosts owe: acts that were wanted of them while they did not answer."""
