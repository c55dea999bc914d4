"""Images in registries: an address, a login, and the push of one image."""
