"""System: what a program asks of the machine that it runs on."""
