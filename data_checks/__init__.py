"""Catalogue → snapshot: is this fit to index, beside what is live?"""
