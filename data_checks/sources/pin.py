"""Pin of a catalogue: the file in git that names the pull which a commit is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from release_format.config.table import ConfigError, Text, matching, read_toml, table

PIN = "pin.toml"


@table
class Pin:
    """Where data outside git came from, and the digest of the pull that is meant.

    The source has no secrets here: a pin is committed and pushed.
    """

    source: Text
    sha256: Annotated[str, matching("[0-9a-f]{64}", "the 64 characters of a SHA-256")]
    file: Annotated[str, matching(r"pull\.[a-z]+", "a name like pull.csv")]
    pulled_at: Text

    def is_written_in(self, path: Path) -> bool:
        """Whether the file already has this pin, but for the time.

        A day without news leaves nothing to commit.
        """
        try:
            raw = read_toml(path)
        except ConfigError:
            return False
        return {**raw, "pulled_at": self.pulled_at} == vars(self)

    def to_toml(self) -> str:
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in vars(self).items())
        return (
            "# The pull of the catalogue that this commit is about; `python -m data_checks pull`"
            f" writes it.\n{lines}"
        )
