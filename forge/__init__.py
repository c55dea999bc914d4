"""Pull requests: reports and verdicts to the people who read them."""
