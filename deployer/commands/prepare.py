"""Make stock machines ready, again without harm."""

from __future__ import annotations

import argparse
from pathlib import Path

from deployer.commands.options import add_place, add_rehearse
from deployer.errors import RolloutError
from deployer.fleet import open_fleet
from deployer.host_commands import HostCommands
from deployer.hosts import Environment, read_hosts
from deployer.prepare import prepare, script
from deployer.transport.connection import pin
from release_format.exit_codes import USAGE, YES
from release_format.progress import say

EXAMPLE = "python -m deployer prepare --environment stage --pin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument(
        "--pin", action="store_true", help="write the hosts' keys to known_hosts first, on purpose"
    )
    parser.add_argument("--public-key", type=Path, help="a key that rollouts may come with")
    parser.add_argument(
        "--script", action="store_true", help="print it as a shell script, for a first boot"
    )
    add_rehearse(parser)


def run(options: argparse.Namespace) -> int:
    environment = read_hosts(options.hosts, options.environment)
    key = _read_key(options.public_key) if options.public_key else ""
    if options.script:
        print(script(HostCommands(environment, environment.hosts[0]), public_key=key), end="")
        return YES
    if options.pin:
        _pin(environment)
    user = environment.prepare_user
    with open_fleet(environment, rehearsing=options.rehearse, user=user) as fleet:
        prepare(fleet, public_key=key)
    return YES


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise RolloutError(
            f"there is no {path}. Give a public key that is there; ssh-keygen makes one.", USAGE
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RolloutError(
            f"{path} cannot be read ({why}). Give the file of a public key.", USAGE
        ) from error


def _pin(environment: Environment) -> None:
    path = Path(environment.known_hosts or "~/.ssh/known_hosts").expanduser()
    for name, fingerprint in pin(environment, path):
        say(f"{name}: pinned {fingerprint}; compare it with what its console shows.")
