"""The docker program as a client of registries, and what its refusals mean."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import RolloutError
from release_format.exit_codes import COULD_NOT_TELL, USAGE

# An image of a gigabyte at a slow line.
PATIENCE = 3600.0
_NOT_LET_IN = re.compile(
    r"unauthorized|denied|no basic auth|authorization failed|authentication required|\b40[13]\b",
    re.IGNORECASE,
)
_WITHOUT_BUILDX = re.compile(r"'?buildx'? is not a docker command|unknown (?:shorthand )?flag")


@dataclass(frozen=True)
class DockerClient:
    """Types docker's commands, with the configuration in this folder (None: the user's own)."""

    folder: Path | None = None

    @property
    def configuration(self) -> Path:
        """The folder of docker's configuration."""
        own = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
        return self.folder or Path(own)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command to its end, whatever that is; what it prints is not shown.

        Raises:
            RolloutError: there is no docker here, or it does not come to an end.
        """
        more = {"DOCKER_CONFIG": str(self.folder)} if self.folder else {}
        try:
            ended = subprocess.run(
                ["docker", *arguments],
                env={**os.environ, **more},
                input=stdin.encode(),
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except FileNotFoundError:
            raise RolloutError(
                "there is no docker on this machine. Install it, then push again."
            ) from None
        except subprocess.TimeoutExpired:
            raise RolloutError(
                f"docker {arguments[0]} took over {PATIENCE:.0f} seconds. Look at the registry,"
                " then push again."
            ) from None
        # Byte by byte, ends of lines included: a manifest's digest is that of its bytes.
        told = [text.decode("utf-8", "surrogateescape") for text in (ended.stdout, ended.stderr)]
        return subprocess.CompletedProcess(ended.args, ended.returncode, *told)

    def refusal(self, host: str, stderr: str) -> RolloutError:
        """What a failed command means, in a sentence."""
        told = last_line(stderr)
        if _WITHOUT_BUILDX.search(stderr):
            return RolloutError(
                f"docker cannot ask registries here ({told}). Install its plugin buildx."
            )
        if _NOT_LET_IN.search(stderr):
            return RolloutError(
                f"the registry {host} does not let this user in ({told}). Give REGISTRY_USER and"
                f" REGISTRY_PASSWORD_FILE of who may push, or type `docker login {host}` once.",
                USAGE,
            )
        return RolloutError(
            f"the registry {host} does not take it ({told}). See whether it answers and has a"
            " repository of that name, then push again.",
            COULD_NOT_TELL,
        )


def last_line(text: str) -> str:
    """The last line that a program printed, at most so long as a sentence bears."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300].rstrip(".") if lines else "it does not say why"
