"""Runs of builds, sent to MLflow."""
