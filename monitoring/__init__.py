"""Query log and live release in, drift verdict with its evidence out."""
