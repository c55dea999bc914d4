"""Hosts of an environment and how they are set up, read from hosts.toml."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from deployer.errors import RolloutError
from release_format.exit_codes import USAGE

DEFAULT = Path(__file__).with_name("hosts.toml")
# What the router answers to nobody unless `open` names it.
PRIVATE_PAGES = ("/metrics", "/docs", "/openapi.json", "/judge", "/asked")
TEXTS = "tuple[str, ...]"


@dataclass(frozen=True)
class Host:
    """One machine that is reached over SSH."""

    name: str
    address: str
    port: int = 22
    directory: str = ""


@dataclass(frozen=True)
class Environment:
    """The machines of one environment; hosts.toml says what each setting means."""

    name: str
    hosts: tuple[Host, ...] = ()
    user: str = "searchbar"
    prepare_user: str = "root"
    key: str = ""
    known_hosts: str = ""
    jump: str = ""
    directory: str = "/srv/searchbar"
    site: str = "searchbar"
    requires: str = ""
    public: str = ":80"
    forwarded: bool = False
    open: tuple[str, ...] = ()
    certificate: str = ""
    acme_domain: str = ""
    acme_email: str = ""
    acme_server: str = ""
    blue: int = 8001
    green: int = 8002
    preview: int = 8009
    memory: str = "1g"
    cpus: float = 1.0
    keep_releases: int = 3
    rollback_hours: float = 24
    start_seconds: float = 60.0
    guard_seconds: float = 10.0
    guard_least: int = 50
    guard_percent: float = 2.0
    latency_times: float = 1.5
    latency_floor_ms: float = 100.0
    shadow: int = 60
    where: Path = field(default=DEFAULT, repr=False)

    def port_of(self, colour: str) -> int:
        """The loopback port of a slot."""
        return self.blue if colour == "blue" else self.green

    @property
    def jump_host(self) -> Host | None:
        """The machine that the hosts are reached through, if any."""
        address, _, port = self.jump.rpartition("@")[2].partition(":")
        return Host("jump host", address, int(port or 22)) if address else None

    @property
    def jump_user(self) -> str:
        """Who comes to the jump host; "" for the one who comes to the hosts."""
        return self.jump.rpartition("@")[0]

    @property
    def public_port(self) -> int:
        """The port at which the public reaches the router without TLS."""
        return int(self.public.rpartition(":")[2])

    @property
    def memory_bytes(self) -> int:
        """The memory limit of one slot in bytes."""
        number, unit = self.memory[:-1], self.memory[-1].lower()
        if unit not in "kmg" or not number.isdigit():
            raise RolloutError(
                f"memory = {self.memory!r} is no size. Write it like 512m or 2g.", USAGE
            )
        return int(number) << (10 + 10 * "kmg".index(unit))


def read_hosts(path: Path, name: str) -> Environment:
    """The environment of that name.

    Raises:
        RolloutError: no such file or environment, an unknown key, a wrong type, or two hosts of one
        name.
    """
    try:
        environments = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RolloutError(
            f"{path} cannot be read ({error}). Give the right file with --hosts.", USAGE
        ) from error
    if name not in environments:
        known = ", ".join(environments) or "none"
        raise RolloutError(
            f"{path} knows no environment {name!r} (it knows {known}). Choose one, or add it.",
            USAGE,
        )
    return _environment(path, name, dict(environments[name]))


def _environment(path: Path, name: str, raw: dict[str, Any]) -> Environment:
    where = f"[{name}] in {path}"
    hosts = tuple(_host(host, where) for host in raw.pop("hosts", ()))
    if not hosts:
        raise RolloutError(
            f"{where} has no hosts. Add a [[{name}.hosts]] with name and address.", USAGE
        )
    if len({host.name for host in hosts}) < len(hosts):
        raise RolloutError(f"{where} names a host twice. Give each its own name.", USAGE)
    settings = {f.name: f for f in fields(Environment) if f.name not in ("name", "hosts", "where")}
    _check(raw, settings, where)
    raw["open"] = _pages(raw.get("open", ()), where)
    environment = Environment(name=name, hosts=hosts, where=path, **raw)
    if len({environment.blue, environment.green, environment.preview}) < 3:
        raise RolloutError(f"{where}: blue, green and preview need three ports. Change one.", USAGE)
    _ = environment.memory_bytes
    return environment


def _host(raw: Mapping[str, Any], where: str) -> Host:
    _check(raw, {f.name: f for f in fields(Host)}, f"a host of {where}")
    if not raw.get("name") or not raw.get("address"):
        raise RolloutError(f"a host of {where} lacks its name or its address. Add it.", USAGE)
    return Host(**raw)


def _pages(pages: Collection[str], where: str) -> tuple[str, ...]:
    for page in pages:
        if page not in PRIVATE_PAGES:
            raise RolloutError(
                f"{where}: open = {page!r} is no private page.{nearest(page, PRIVATE_PAGES)}", USAGE
            )
    return tuple(pages)


def _check(raw: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    for key, value in raw.items():
        if key not in known:
            raise RolloutError(f"{where} has an unknown key {key!r}.{nearest(key, known)}", USAGE)
        if not _fits(value, known[key].type):
            kind = "list of texts" if known[key].type == TEXTS else known[key].type
            raise RolloutError(f"{where}: {key} = {value!r} is no {kind}. Correct it.", USAGE)


def _fits(value: object, type: str) -> bool:
    if isinstance(value, bool) or type == "bool":
        return isinstance(value, bool) and type == "bool"
    if type == TEXTS:
        return isinstance(value, list) and all(isinstance(text, str) for text in value)
    return isinstance(value, {"str": str, "int": int, "float": (int, float)}[type])  # type: ignore[arg-type]


def nearest(name: str, known: Collection[str]) -> str:
    """A hint at the name that was probably meant."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else f" Known are: {', '.join(known)}."
