"""Logging in to a registry: by a user and a file, by AWS at ECR, or as docker is already.

No secret stands in a command line, and none stays on this machine: what is logged in here lives in
a configuration of docker's own that goes with the push.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import RolloutError
from deployer.registry.address import RegistryAddress
from deployer.registry.docker_client import DockerClient, last_line
from release_format.exit_codes import USAGE
from release_format.secrets.secret import Secret

# What docker's configuration says of logins; the rest of it (contexts, plugins, proxies) holds.
LOGINS = ("auths", "credsStore", "credHelpers")
ECR_USER = "AWS"


@dataclass(frozen=True)
class Login:
    """Who logs in, and by what."""

    user: str
    password: Secret


def login_of(address: RegistryAddress, user: str, password_file: str) -> Login | None:
    """Who logs in there; None where docker's own logins have to do.

    Raises:
        RolloutError: half of it is missing, the file cannot be read, or AWS gives no password.
    """
    if user or password_file:
        return Login(user, _password_in(user, password_file))
    if address.region and shutil.which("aws"):
        return Login(ECR_USER, _password_of_ecr(address.region))
    return None


def _password_in(user: str, file: str) -> Secret:
    if not (user and file):
        raise RolloutError(
            "a login needs both: give REGISTRY_USER and REGISTRY_PASSWORD_FILE, or neither.", USAGE
        )
    try:
        password = Path(file).read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise RolloutError(
            f"the registry's password in {file} cannot be read ({reason}). Mend the path.", USAGE
        ) from error
    if not password:
        raise RolloutError(f"{file} is empty. Write the registry's password there.", USAGE)
    return Secret(password)


def _password_of_ecr(region: str) -> Secret:
    """A password for half a day, of whoever this machine is to AWS."""
    ended = subprocess.run(
        ["aws", "ecr", "get-login-password", "--region", region],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if ended.returncode != 0 or not ended.stdout.strip():
        raise RolloutError(
            f"AWS gives no password for ECR in {region} ({last_line(ended.stderr)}). See whom"
            " `aws sts get-caller-identity` names; it needs ecr:GetAuthorizationToken."
        )
    return Secret(ended.stdout.strip())


@contextlib.contextmanager
def logged_in(address: RegistryAddress, login: Login | None) -> Iterator[DockerClient]:
    """A docker client that may push there, for as long as the block runs.

    Raises:
        RolloutError: the registry does not let this user in, or does not answer.
    """
    if login is None:
        yield DockerClient()
        return
    with tempfile.TemporaryDirectory(prefix="searchbar-login-") as folder:
        _copy_configuration(DockerClient().configuration, Path(folder))
        client = DockerClient(Path(folder))
        ended = client.run(
            "login",
            "--username",
            login.user,
            "--password-stdin",
            address.host,
            stdin=login.password.reveal(),
        )
        if ended.returncode != 0:
            raise client.refusal(address.host, ended.stderr)
        yield client


def _copy_configuration(own: Path, folder: Path) -> None:
    """Docker's own configuration without its logins: a helper would keep the password for good."""
    try:
        table = json.loads((own / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        table = {}
    kept = {name: value for name, value in table.items() if name not in LOGINS}
    (folder / "config.json").write_text(json.dumps(kept), encoding="utf-8")
    for path in own.iterdir() if own.is_dir() else ():
        if path.name != "config.json":
            (folder / path.name).symlink_to(path.resolve())
