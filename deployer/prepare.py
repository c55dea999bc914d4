"""Preparation of stock Debian or Ubuntu machines that have nothing but sshd."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from deployer.command import Command
from deployer.errors import RolloutError
from deployer.fleet import Fleet, HostSession
from deployer.host_commands import HostCommands
from deployer.hosts import ACME_PORT, Environment
from deployer.router.config import certificate_path, has_tls, router_config
from release_format.progress import say

PACKAGES = ("docker.io", "haproxy", "python3", "logrotate")
SYSTEMD = "test -d /run/systemd/system || exit 0; "


@dataclass(frozen=True)
class PrepareStep:
    """One part of preparing a machine; each may be done again without harm."""

    name: str
    command: Command


def prepare_steps(commands: HostCommands, *, public_key: str = "") -> list[PrepareStep]:
    """All that makes a machine ready, in order; pure. Run as root."""
    environment, root = commands.environment, commands.root
    steps = [
        PrepareStep("packages", _shell(_packages(environment), timeout=600)),
        PrepareStep("user", _shell(_user(environment.user, public_key))),
        PrepareStep(
            "directory",
            _shell(
                f"install -d -m 755 -o {environment.user} -g {environment.user} {shlex.quote(root)}"
            ),
        ),
        PrepareStep("host programs", _as(environment.user, commands.install_programs())),
        PrepareStep("rooms", _as(environment.user, commands.make_directories())),
        PrepareStep(
            "router configuration",
            _as(environment.user, commands.router_config(router_config(environment, root))),
        ),
        *(
            [PrepareStep("certificate", _shell(_certificate(environment, root)))]
            if has_tls(environment)
            else ()
        ),
        PrepareStep(
            "router check", Command(("haproxy", "-c", "-q", "-f", f"{root}/router/haproxy.cfg"))
        ),
        PrepareStep(
            "log rotation", _file("/etc/logrotate.d/" + environment.site, _logrotate(root))
        ),
        PrepareStep(
            "router service", _service(f"{environment.site}-router", _unit(environment, root), root)
        ),
    ]
    if environment.acme_domain:
        steps.append(
            PrepareStep("certificate by ACME", _shell(_acme(environment, root), timeout=300))
        )
    return steps


def prepare(fleet: Fleet, *, public_key: str = "") -> None:
    """Make every machine of an environment ready; machines that are ready stay as they are."""

    def prepare_host(session: HostSession) -> None:
        for step in prepare_steps(session.commands, public_key=public_key):
            _do(session, step.command, fleet.environment.prepare_user)
            say(f"{session.name}: {step.name}")

    fleet.each(prepare_host)


def _do(session: HostSession, command: Command, user: str) -> None:
    try:
        session.machine.read(_sudo(command, user))
    except RolloutError as error:
        if user == "root" or " sudo: " not in str(error):
            raise
        raise RolloutError(
            f"{error} That is, {user} needs sudo without a password there: give it `NOPASSWD: ALL`"
            " in sudoers, or set `prepare_user` to root."
        ) from error


def script(commands: HostCommands, *, public_key: str = "") -> str:
    """The same steps as a shell script, for a machine that runs it at its first boot."""
    lines = ["#!/bin/sh", "set -eu"]
    for step in prepare_steps(commands, public_key=public_key):
        lines.append(f"# {step.name}")
        line = step.command.line()
        if step.command.stdin:
            packed = base64.encodebytes(step.command.stdin).decode().strip()
            line = f"base64 -d <<'END' | {line}\n{packed}\nEND"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _shell(script: str, *, stdin: bytes = b"", timeout: float = 60) -> Command:
    return Command(("sh", "-euc", script), stdin, timeout=timeout)


def _as(user: str, command: Command) -> Command:
    return replace(command, argv=("runuser", "-u", user, "--", *command.argv))


def _sudo(command: Command, user: str) -> Command:
    return command if user == "root" else replace(command, argv=("sudo", "-n", *command.argv))


def _packages(environment: Environment) -> str:
    packages: Sequence[str] = (
        (*PACKAGES, "certbot", "openssl") if environment.acme_domain else PACKAGES
    )
    programs = "docker haproxy python3 logrotate" + (
        " certbot openssl" if environment.acme_domain else ""
    )
    return (
        f"missing=; for p in {programs}; do command -v $p >/dev/null || missing=$p; done; "
        'test -n "$missing" || exit 0; export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; '
        # The router runs as a service of its own; Debian's must not take its port.
        f"apt-get install -y -qq --no-install-recommends {' '.join(packages)}; "
        "systemctl disable --now haproxy 2>/dev/null || true"
    )


def _user(user: str, public_key: str) -> str:
    keys = f"/home/{user}/.ssh/authorized_keys"
    key = (
        f"grep -qxF {shlex.quote(public_key)} {keys} || echo {shlex.quote(public_key)} >>{keys}; "
        if public_key
        else ""
    )
    return (
        f"id -u {user} >/dev/null 2>&1 || useradd --create-home --shell /bin/sh --password '*'"
        f" {user}; groupadd --force docker; usermod --append --groups docker {user}; install -d -m"
        f" 700 -o {user} -g {user} /home/{user}/.ssh; touch {keys}; {key}chown {user}: {keys};"
        f" chmod 600 {keys}"
    )


def _file(path: str, text: str) -> Command:
    """Write a file only when it differs."""
    return _shell(_take(path), stdin=text.encode())


def _take(path: str, then: str = "") -> str:
    """Put standard input at `path`, and do what follows from it, unless it is there already."""
    quoted = shlex.quote(path)
    return (
        f'new=$(mktemp {quoted}.XXXXXX); trap \'rm -f "$new"\' EXIT; cat >"$new"; '
        f'cmp -s "$new" {quoted} || {{ chmod =rw "$new"; mv "$new" {quoted}; {then}}}; '
    )


def _service(name: str, unit: str, root: str) -> Command:
    """Start the router; one that runs takes a new configuration without losing a connection."""
    path, text, loaded = (
        f"/etc/systemd/system/{name}.service",
        f"{root}/router/haproxy.cfg",
        f"/run/{name}",
    )
    return _shell(
        f"{SYSTEMD}{_take(path, 'systemctl daemon-reload; ')}"
        f"systemctl enable --quiet docker {name}; systemctl start docker; "
        f"if ! systemctl is-active --quiet {name}; then systemctl start {name}; "
        # After a reboot nobody knows what was loaded: once more does no harm.
        f"elif test ! -e {loaded} -o {text} -nt {loaded}; then systemctl reload {name}; fi; "
        f"touch -r {text} {loaded}",
        stdin=unit.encode(),
        timeout=120,
    )


def _unit(environment: Environment, root: str) -> str:
    return f"""[Unit]
Description=Router of {environment.site}
After=network-online.target
Wants=network-online.target

[Service]
User={environment.user}
AmbientCapabilities=CAP_NET_BIND_SERVICE
# A switch that nobody confirmed before the machine went down is turned back before the public \
comes in.
ExecStartPre=/usr/bin/python3 {root}/programs/current.pyz {root} recover
ExecStart=/usr/sbin/haproxy -W -db -f {root}/router/haproxy.cfg
ExecReload=/bin/kill -USR2 $MAINPID
Restart=always
RestartSec=0.2
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
"""


def _logrotate(root: str) -> str:
    """The query log is not among them: servers make its parts themselves, and a copy that empties
    its file afterwards loses what is written meanwhile."""
    return f"""{root}/journal.jsonl {root}/guard.log {{
    su root root
    weekly
    rotate 8
    size 50M
    compress
    missingok
    notifempty
    copytruncate
}}
"""


def _certificate(environment: Environment, root: str) -> str:
    """A certificate to begin with; certbot's comes once the router answers for it."""
    if not environment.acme_domain:
        path = shlex.quote(environment.certificate)
        return (
            f"runuser -u {environment.user} -- test -r {path} || {{ echo {environment.user} cannot"
            f" read a certificate at {path}, put it there >&2; exit 3; }}"
        )
    target, key = certificate_path(environment, root), f"{root}/router/.placeholder.key"
    return (
        f"test -e {target} || {{ umask 077; openssl req -x509 -newkey rsa:2048 -nodes -days 30"
        f" -subj /CN={shlex.quote(environment.acme_domain)} -keyout {key} -out {target}"
        f" 2>/dev/null; cat {key} >>{target}; rm {key}; chown {environment.user} {target}; }}"
    )


def _acme(environment: Environment, root: str) -> str:
    """Have certbot fetch and renew a certificate; the router takes it at run time."""
    domain, target = environment.acme_domain, certificate_path(environment, root)
    live = f"/etc/letsencrypt/live/{domain}"
    hook = (
        f"cat {live}/fullchain.pem {live}/privkey.pem >{target}; runuser -u {environment.user} --"
        f" python3 {root}/programs/current.pyz {root} certificate --id {target}"
    )
    server = f" --server {shlex.quote(environment.acme_server)}" if environment.acme_server else ""
    return (
        f"test -e {live}/fullchain.pem || certbot certonly --standalone --http-01-port {ACME_PORT}"
        f" --non-interactive --agree-tos --email {shlex.quote(environment.acme_email)} --domain"
        f" {shlex.quote(domain)}{server} --deploy-hook {shlex.quote(hook)}"
    )
