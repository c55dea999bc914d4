"""Here is an environment: give me its router's configuration."""

from __future__ import annotations

from pathlib import Path
from string import Template

from deployer.hosts import Environment

TEMPLATE = Path(__file__).with_name("haproxy.cfg")
ACME_PORT = 8899
ACME_ROUTE = "    use_backend acme if { path_beg /.well-known/acme-challenge/ }"
ACME_BACKEND = f"""
# certbot answers here while it renews; a renewal needs no rollout.
backend acme
    server certbot 127.0.0.1:{ACME_PORT}"""


def router_config(environment: Environment, root: str) -> str:
    """HAProxy's configuration for one host of this environment."""
    acme = bool(environment.acme_domain)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        root=root,
        public=environment.public,
        preview=environment.preview,
        blue=environment.blue,
        green=environment.green,
        visitor="req.hdr(x-forwarded-for)" if environment.forwarded else "src",
        tls=f"    bind :443 ssl crt {certificate_path(environment, root)}" if has_tls(environment) else "",
        acme_route=ACME_ROUTE if acme else "",
        acme_backend=ACME_BACKEND if acme else "",
    )


def has_tls(environment: Environment) -> bool:
    """Whether the router speaks TLS."""
    return bool(environment.certificate or environment.acme_domain)


def certificate_path(environment: Environment, root: str) -> str:
    """The PEM file (chain and key) that the router reads."""
    return environment.certificate or f"{root}/router/certificate.pem"
