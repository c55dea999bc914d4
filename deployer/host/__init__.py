"""What lives on a host: lock, files, switch with commit-confirm, guard (Python 3.9 or later, nothing else)."""
