"""Pin of a catalogue: the file in git that names the pull which a commit is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from data_checks.errors import CatalogueError
from data_checks.toml_file import read_toml

PIN = "pin.toml"


@dataclass(frozen=True)
class Pin:
    """Where data outside git came from, and the digest of the pull that is meant.

    The source has no secrets here: a pin is committed and pushed.
    """

    source: str
    sha256: str
    file: str
    pulled_at: str

    def is_written_in(self, path: Path) -> bool:
        """Whether the file already has this pin, but for the time.

        A day without news leaves nothing to commit.
        """
        try:
            raw = read_toml(path)
        except CatalogueError:
            return False
        return {**raw, "pulled_at": self.pulled_at} == vars(self)

    def to_toml(self) -> str:
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in vars(self).items())
        return (
            "# The pull of the catalogue that this commit is about; `python -m data_checks pull`"
            f" writes it.\n{lines}"
        )
