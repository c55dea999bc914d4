"""Machines over SSH, and what is shipped to them."""
