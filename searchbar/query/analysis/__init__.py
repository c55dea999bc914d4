"""The words of each language: what they are indexed and asked as."""
