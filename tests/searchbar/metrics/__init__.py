"""What servers count, read as Prometheus and CloudWatch read it."""
