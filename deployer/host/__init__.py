"""Programs that run on hosts: Python 3.9 or later, the standard library, relative imports."""
