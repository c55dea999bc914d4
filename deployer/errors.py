"""Error of the deployer: a sentence for the console that ends with what to do."""

from release_format.exit_codes import ProgramError


class RolloutError(ProgramError):
    """A rollout could not go on; the text names the host, the step, and what to do."""


class NoProgramsError(RolloutError):
    """A host lacks this deployer's host programs; installed, they do what was asked."""
