"""The lexical leg: words to items."""
