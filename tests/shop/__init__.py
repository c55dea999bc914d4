"""The demo shop: made-up products in German and English, made where it is typed."""
