"""Catalogue → snapshot: is this fit to index, beside what is live?"""

from release_format.program import ProgramError


class CatalogueError(ProgramError):
    """The catalogue, or something that belongs to it, cannot be read or used."""
