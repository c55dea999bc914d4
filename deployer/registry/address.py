"""Address of a registry, as a person gives it, and the references of images there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deployer.errors import RolloutError
from release_format.config.refusal import shown
from release_format.exit_codes import USAGE

_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
# Without a dot or a port docker takes the first part for a name at Docker Hub.
_HOST = re.compile(
    r"(?:localhost(?::\d{1,5})?|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d{1,5})?"
    r"|[A-Za-z0-9-]+:\d{1,5}|\[[0-9a-fA-F:]+\](?::\d{1,5})?)"
)
_ECR = re.compile(
    r"\d{12}\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com|amazonaws\.com\.cn|on\.aws)"
)


@dataclass(frozen=True)
class RegistryAddress:
    """A registry's host, with its port, and the path below which its images lie ("" for none)."""

    host: str
    path: str = ""

    @property
    def region(self) -> str:
        """The AWS region of an ECR registry; "" of any other."""
        match = _ECR.fullmatch(self.host)
        return match[1] if match else ""

    def repository(self, name: str) -> str:
        """Where images of this name lie: `host/path/name`.

        Raises:
            RolloutError: this is no name that registries take.
        """
        if not _NAME.fullmatch(name) or len(name) > 200:
            raise RolloutError(
                f"{shown(name)} is no name of an image; give small letters, digits and dashes.",
                USAGE,
            )
        return "/".join(part for part in (self.host, self.path, name) if part)


def registry_address(text: str) -> RegistryAddress:
    """The registry at `host[:port][/path]`.

    Raises:
        RolloutError: this is no such address.
    """
    host, _, path = text.strip().rstrip("/").partition("/")
    if not _HOST.fullmatch(host) or not (not path or _NAME.fullmatch(path)):
        # What stands before an @ may be a password.
        public = re.sub(r"[^/@]*@", "…@", text)
        raise RolloutError(
            f"{shown(public)} is no address of a registry. Give it like registry.example.com:5000,"
            " ghcr.io/team or 123456789012.dkr.ecr.eu-central-1.amazonaws.com: no https://, no tag,"
            " no user; at Docker Hub docker.io/team.",
            USAGE,
        )
    return RegistryAddress(host, path)
