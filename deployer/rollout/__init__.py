"""Rollout and rollback of a pair: what allows them, what they do, what they leave."""
