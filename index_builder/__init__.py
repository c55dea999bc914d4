"""Snapshot → release: does it find what it should, at least as well as what is live?"""
