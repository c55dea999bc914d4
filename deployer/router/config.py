"""HAProxy configuration of an environment's router."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from string import Template

from deployer.hosts import ACME_PORT, Environment

TEMPLATE = Path(__file__).with_name("haproxy.cfg")
ACME_ROUTE = "    use_backend acme if { path_beg /.well-known/acme-challenge/ }"
ACME_BACKEND = f"""
# certbot answers here while it renews; a renewal needs no rollout.
backend acme
    server certbot 127.0.0.1:{ACME_PORT}"""

# The address that the balancer itself wrote is the last one of the last header: what stands before
# it, the client may have written. Without one, or where it is no address, the balancer is the
# visitor.
LAST = "req.hdr(x-forwarded-for,-1)"
BRACKETED = f"{LAST},field(2,[),field(1,])"
HTTPS = "req.hdr(x-forwarded-proto,-1) -m str -i https"
BALANCER = f"""\
    http-request set-var(txn.hop) {LAST},field(1,[),ipmask(32,128)
    http-request set-var(txn.hop) {BRACKETED},ipmask(32,128) if {{ {LAST} -m beg [ }}
    http-request set-var(txn.visitor) var(txn.hop) if {{ var(txn.hop) -m found }}
    http-request set-var(txn.scheme) str(https) if {{ {HTTPS} }}"""


def router_config(environment: Environment, root: str) -> str:
    """HAProxy's configuration for one host of this environment."""
    acme = bool(environment.acme_domain)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        root=root,
        public=environment.public,
        preview=environment.preview,
        blue=environment.blue,
        green=environment.green,
        balancer=BALANCER if environment.forwarded else "",
        opened=opened(environment.open),
        tls=(
            f"    bind :443 ssl crt {certificate_path(environment, root)}"
            if has_tls(environment)
            else ""
        ),
        acme_route=ACME_ROUTE if acme else "",
        acme_backend=ACME_BACKEND if acme else "",
    )


def router_digest(environment: Environment, root: str) -> str:
    """The SHA-256 of that configuration, to compare with what a host has."""
    return hashlib.sha256(router_config(environment, root).encode()).hexdigest()


def opened(pages: Sequence[str]) -> str:
    """What lets these pages through, in their plain spelling only; /docs is nothing without what
    it describes."""
    paths = [f"{page}/" for page in (*pages, *(["/openapi.json"] if "/docs" in pages else ()))]
    rule = "    http-request set-var(txn.opened) bool(true) if"
    return (
        f"{rule} {{ var(txn.page) -m beg {' '.join(paths)} }} !{{ var(txn.page) -m sub /. }}"
        if paths
        else ""
    )


def has_tls(environment: Environment) -> bool:
    """Whether the router speaks TLS."""
    return bool(environment.certificate or environment.acme_domain)


def certificate_path(environment: Environment, root: str) -> str:
    """The PEM file (chain and key) that the router reads."""
    return environment.certificate or f"{root}/router/certificate.pem"
