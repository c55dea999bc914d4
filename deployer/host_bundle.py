"""Bundle of the host programs: one file that Python runs, named by its content."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("host")
START = "import sys\nfrom searchbar_host.__main__ import main\n\nsys.exit(main())\n"
# Zip files carry times; one fixed time keeps the same programs the same bytes.
EPOCH = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class HostBundle:
    """The host programs as one file.

    Hosts keep it under its digest, so two deployers never disturb one another.
    """

    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        return f"{self.digest[:16]}.pyz"


@cache
def host_programs() -> HostBundle:
    """The host programs of this deployer."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(FOLDER.glob("*.py")):
            archive.writestr(
                zipfile.ZipInfo(f"searchbar_host/{path.name}", EPOCH), path.read_bytes()
            )
        archive.writestr(zipfile.ZipInfo("__main__.py", EPOCH), START)
    return HostBundle(packed.getvalue())
