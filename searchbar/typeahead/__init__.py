"""What is shown while somebody types."""
