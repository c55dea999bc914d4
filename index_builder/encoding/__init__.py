"""Texts to vectors: model export, passages, caches, backends."""
