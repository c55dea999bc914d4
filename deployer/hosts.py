"""Hosts of an environment and how they are set up, read from hosts.toml."""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Iterator
from dataclasses import field, fields
from pathlib import Path
from typing import Annotated, Literal, get_args

from annotated_types import Interval, Len

from release_format.config.refusal import nearest, plain, shown
from release_format.config.table import (
    Checked,
    ConfigError,
    Count,
    Port,
    Positive,
    Text,
    check,
    matching,
    read_toml,
    refuse_unknown,
    table,
)

DEFAULT = Path(__file__).with_name("hosts.toml")
PrivatePage = Literal["/metrics", "/docs", "/openapi.json", "/judge", "/asked", "/replay"]
# What the router answers to nobody unless `open` names it.
PRIVATE_PAGES: tuple[str, ...] = get_args(PrivatePage)
Line = Annotated[str, matching(r"[^\x00-\x1f\x7f-\x9f]*", "one line, without control characters")]
WordOrNone = Annotated[str, matching(r"[^\s\x00-\x1f\x7f-\x9f]*", "one word, or empty")]
Hours = Annotated[float, Interval(ge=0, le=1e6)]
USER = matching(r"[A-Za-z_][A-Za-z0-9_.-]*", "a user's name")
# What stands unquoted in the router's, systemd's and logrotate's files and in volumes' names.
_PATH = r"/[\w.@+/-]*"
_WHOLE = "a whole path of letters, digits and . _ - @ + (no blanks)"
# What is no letter, digit, dot or dash of a name or an address stands in a key of its own.
_ADDRESS = r"[\w.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?"
_SETTINGS = matching(
    r"(ssm:(/[\w.-]+)+/?|file:[^\x00-\x1f\x7f-\x9f]+)?", "ssm:/PATH/ or file:PATH, or empty"
)
ACME_PORT, TLS_PORT = 8899, 443


def _address(text: str) -> str:
    """A name or an address; an IPv6 one may stand in brackets."""
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    is_one = re.fullmatch(_ADDRESS, inside) and (inside == text or ":" in inside)
    if not is_one or (":" in inside and _canonical(inside) is None):
        raise ValueError(
            f"must be a name or an IP address, not {shown(text)}. The port and who comes stand in"
            " `port` and `user`."
        )
    return inside


def _canonical(address: str) -> str | None:
    """The one spelling of an address or a name; None for what only looks like IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None if ":" in address else address.lower().rstrip(".")
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip)


def _directory(text: str) -> str:
    """A directory in its one spelling: two hosts that differ by a slash are one."""
    path = posixpath.normpath(re.sub("/+", "/", text))
    if not re.fullmatch(_PATH, text) or path == "/":
        raise ValueError(f"must be {_WHOLE}, below /, not {shown(text)}. Mend it.")
    return path


def _directory_or_none(text: str) -> str:
    return text and _directory(text)


@table
class Host:
    """One machine that is reached over SSH."""

    name: Text
    address: Annotated[str, Checked(_address)]
    port: Port = 22
    directory: Annotated[str, Checked(_directory_or_none)] = ""

    def machine(self, directory: str) -> tuple[str | None, int, str]:
        """What makes this the same machine as another, however it is spelled.

        `directory` is the environment's.
        """
        return _canonical(self.address), self.port, self.directory or directory


@table
class Environment:
    """The machines of one environment; hosts.toml says what each setting means."""

    name: str
    hosts: Annotated[tuple[Host, ...], Len(1)] = ()
    user: Annotated[str, USER] = "searchbar"
    prepare_user: Annotated[str, USER] = "root"
    key: Line = ""
    known_hosts: Line = ""
    jump: str = ""
    directory: Annotated[str, Checked(_directory)] = "/srv/searchbar"
    site: Annotated[
        str, matching("[A-Za-z0-9][A-Za-z0-9_.-]*", "letters, digits, and _ . - behind the first")
    ] = "searchbar"
    requires: str = ""
    public: str = ":80"
    forwarded: bool = False
    open: tuple[PrivatePage, ...] = ()
    certificate: Annotated[str, matching(f"({_PATH})?", _WHOLE)] = ""
    acme_domain: WordOrNone = ""
    acme_email: WordOrNone = ""
    acme_server: WordOrNone = ""
    blue: Port = 8001
    green: Port = 8002
    preview: Port = 8009
    memory: Annotated[str, matching("[1-9][0-9]*[kKmMgG]", "a size like 512m or 2g")] = "1g"
    cpus: Positive = 1.0
    keep_releases: Count = 3
    rollback_hours: Hours = 24.0
    start_seconds: Positive = 60.0
    guard_seconds: Annotated[float, Interval(ge=0, le=1e6)] = 10.0
    guard_least: Count = 50
    guard_percent: Annotated[float, Interval(ge=0, le=100)] = 2.0
    latency_times: Positive = 1.5
    latency_floor_ms: Annotated[float, Interval(ge=0, le=1e9)] = 100.0
    shadow: Count = 60
    settings: Annotated[str, _SETTINGS] = ""
    where: Path = field(default=DEFAULT, repr=False)

    def __post_init__(self) -> None:
        names = [host.name for host in self.hosts]
        for holds, sentence in (
            (len(set(names)) == len(names), "a host's name stands twice. Give each its own."),
            *self._one_machine_each(),
            (
                _is_public(self.public),
                f"public = {shown(self.public)} must be like :80 or 10.0.0.5:80. Mend it.",
            ),
            (
                not self.jump or _jump(self.jump),
                f"jump = {shown(self.jump)} must be like ops@gate:22 or ops@[2001:db8::1]:22.",
            ),
            *self._one_port_each(),
        ):
            if not holds:
                raise ValueError(sentence)

    def _one_machine_each(self) -> Iterator[tuple[bool, str]]:
        known: dict[object, str] = {}
        for host in self.hosts:
            first = known.setdefault(host.machine(self.directory), host.name)
            two = f"{shown(first)} and {shown(host.name)} under [[hosts]]"
            sentence = f"by address, port and directory, {two} are one machine. Leave one out."
            yield first == host.name, sentence

    def _one_port_each(self) -> Iterator[tuple[bool, str]]:
        """The router and both slots listen on one machine."""
        ports = {"blue": self.blue, "green": self.green, "preview": self.preview}
        if _is_public(self.public):
            ports["public"] = self.public_port
        if self.certificate or self.acme_domain:
            ports["TLS"] = TLS_PORT
        if self.acme_domain:
            ports["certbot"] = ACME_PORT
        taken: dict[int, str] = {}
        for name, port in ports.items():
            first = taken.setdefault(port, name)
            yield first == name, f"{first} and {name} are both port {port}. Change one."

    def port_of(self, colour: str) -> int:
        """The loopback port of a slot."""
        return self.blue if colour == "blue" else self.green

    @property
    def jump_host(self) -> Host | None:
        """The machine that the hosts are reached through, if any."""
        jump = _jump(self.jump)
        address = jump and jump["address"].strip("[]")
        return Host("jump host", address, int(jump["port"] or 22)) if jump and address else None

    @property
    def jump_user(self) -> str:
        """Who comes to the jump host; "" for the one who comes to the hosts."""
        jump = _jump(self.jump)
        return (jump["user"] or "") if jump else ""

    @property
    def public_port(self) -> int:
        """The port at which the public reaches the router without TLS."""
        return int(self.public.rpartition(":")[2])

    @property
    def memory_bytes(self) -> int:
        """The memory limit of one slot in bytes."""
        return int(self.memory[:-1]) << (10 + 10 * "kmg".index(self.memory[-1].lower()))


def read_hosts(path: Path, name: str) -> Environment:
    """The environment of that name.

    Raises:
        ConfigError: no such file or environment, an unknown key, or a value that cannot be.
    """
    environments = read_toml(path)
    if name not in environments:
        raise ConfigError(
            f"{path} knows no environment {shown(name)}.{nearest(name, environments)} Choose one,"
            f" or add [[{plain(name)}.hosts]]."
        )
    if not isinstance(raw := environments[name], dict):
        raise ConfigError(f"{path}: [{name}] must be a table, not {shown(raw)}. Mend it.")
    if "hosts" not in raw:
        raise ConfigError(
            f"{path}: [{name}] has no hosts. Add a [[{name}.hosts]] with name and address."
        )
    known_keys = [setting.name for setting in fields(Environment)]
    known_keys = [key for key in known_keys if key not in ("name", "where")]
    refuse_unknown(raw, known_keys, f"{path}: ", f" in [{name}] is unknown")
    return check(Environment, {**raw, "name": name, "where": str(path)}, path, [name])


def _is_public(text: str) -> bool:
    public = re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[\w.*-]*):(?P<port>[0-9]{1,5})", text)
    return public is not None and 1 <= int(public["port"]) <= 65535


def _jump(text: str) -> re.Match[str] | None:
    """User, address and port of a jump host."""
    jump = re.fullmatch(
        r"(?:(?P<user>[A-Za-z_][A-Za-z0-9_.-]*)@)?"
        r"(?P<address>\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[\w.-]+)"
        r"(?::(?P<port>[0-9]{1,5}))?",
        text,
    )
    if jump is None or not 1 <= int(jump["port"] or 22) <= 65535:
        return None
    return jump if _canonical(jump["address"].strip("[]")) else None
