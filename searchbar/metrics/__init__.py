"""What a server counts of itself, for Prometheus and for CloudWatch."""
