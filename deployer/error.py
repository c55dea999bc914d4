"""Here is what went wrong in a rollout: give the person at the console one sentence and what to do."""

from release_format.program import ProgramError


class RolloutError(ProgramError):
    """A rollout could not go on; the text names the host, the step, and what to do."""
