"""Stock Debian machines with nothing but sshd, prepared over SSH and by their own script."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from release_format.store.folder import Folder
from tests.hosts.conftest import ROOT, Site
from tests.hosts.machines import machines, run
from tests.hosts.stock import Stock, wait_for

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("hosts")]
NEEDED = ("debootstrap", "slirp4netns", "pebble", "dockerd")
DOMAIN = "search.example"
# Everything that `prepare` may touch, by name, mode, owner and content.
FINGERPRINT = (
    "find /etc /srv /home /usr/local /var/spool/cron -not -path '/etc/.pwd.lock' -printf '%p %m %u"
    " %g %l ' -type f -exec sha256sum {} \\; -o -printf '\\n' | sort; pidof haproxy dockerd; dpkg"
    " -l | sha256sum"
)


@pytest.fixture
def stock(tmp_path: Path) -> Iterator[tuple[Stock, Site]]:
    """A stock machine as it comes, and a site that it shall serve."""
    missing = [
        name
        for name in NEEDED
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None
    ]
    if missing or os.geteuid() != 0:
        if os.environ.get("CI"):
            pytest.fail(f"this test needs root and {', '.join(NEEDED)}")
        pytest.skip(f"needs root and {', '.join(NEEDED)}")
    stub = run(
        "docker", "build", "--network=host", "--quiet", str(ROOT / "tests/hosts/stub")
    ).stdout.strip()
    with machines(0) as hosts:
        [host] = hosts.need(1, Stock)
        assert isinstance(host, Stock)
        yield host, Site(hosts, Folder(tmp_path / "store"), stub, tmp_path)


def test_prepared_over_ssh(stock: tuple[Stock, Site]) -> None:
    host, site = stock
    assert host.root("command -v python3 docker haproxy", check=False) == ""
    before = host.root(FINGERPRINT)
    site.deploy("prepare", "--pin", "--rehearse", check=0, public=":80")
    assert host.root(FINGERPRINT) == before

    key = ("--public-key", str(site.machines.key) + ".pub")
    site.deploy("prepare", *key, check=0, public=":80")
    prepared = host.root(FINGERPRINT)
    site.deploy("prepare", *key, check=0, public=":80")
    assert host.root(FINGERPRINT) == prepared

    assert host.root("id --name --groups searchbar") == "searchbar docker"
    assert host.root("ps -o user= -C haproxy | sort -u") == "searchbar"
    assert host.root("systemctl is-enabled docker searchbar-router").split() == [
        "enabled",
        "enabled",
    ]
    assert (
        "considering log /srv/searchbar/journal.jsonl"
        in host.docker("exec", "stock", "logrotate", "--debug", "/etc/logrotate.d/searchbar").stderr
    )

    first = site.release("one")
    site.rollout(first, check=0, public=":80")
    second = site.release("two", over=first)
    site.rollout(second, check=0, public=":80")
    assert released(host) == second
    host.reboot()
    wait_for(lambda: released(host) == second)
    site.deploy("rollback", check=0, public=":80")
    assert released(host) == first

    # The same machine with a certificate: the router takes its new configuration, and goes on
    # answering.
    host.root(
        "mkdir -p /etc/searchbar && cd /etc/searchbar && openssl req -x509 -newkey rsa:2048 -nodes"
        f" -days 30 -subj /CN={DOMAIN} -addext subjectAltName=DNS:{DOMAIN} -keyout key -out chain"
        " 2>/dev/null && cat chain key >site.pem && chown searchbar site.pem && chmod 600 site.pem"
    )
    tls: dict[str, Any] = {"public": ":80", "certificate": "/etc/searchbar/site.pem"}
    site.deploy("prepare", *key, check=0, **tls)
    trusted = ssl.create_default_context(cadata=host.root("cat /etc/searchbar/chain"))
    wait_for(lambda: https(host, trusted, "/release").startswith("{"))
    assert json.loads(https(host, trusted, "/release"))["release"] == first
    assert site.deploy("status", **tls).returncode == 0


def test_prepared_by_its_own_script_with_acme(stock: tuple[Stock, Site]) -> None:
    host, site = stock
    acme: dict[str, Any] = {
        "public": ":80",
        "acme_domain": DOMAIN,
        "acme_email": "me@search.example",
        "acme_server": "https://localhost:14000/dir",
    }
    start_pebble(host)
    key = ("--public-key", str(site.machines.key) + ".pub")
    text = site.deploy("prepare", "--script", *key, check=0, **acme).stdout
    (host.folder / "user-data").write_text(text)
    for _ in range(2):
        host.docker("cp", str(host.folder / "user-data"), "stock:/root/user-data")
        host.root("sh /root/user-data")
    site.deploy("prepare", "--pin", *key, check=0, **acme)
    first = site.release("one")
    site.rollout(first, check=0, **acme)
    assert released(host) == first

    original = served(host)
    assert "Pebble" in original["issuer"]
    router = host.root("pidof haproxy")
    host.root("certbot renew --force-renewal --no-random-sleep-on-renew --quiet")
    renewed = served(host)
    assert "Pebble" in renewed["issuer"]
    assert renewed["serial"] != original["serial"]
    assert host.root("pidof haproxy") == router
    assert site.deploy("status", **acme).returncode == 0


def released(host: Stock) -> str:
    try:
        with urllib.request.urlopen(f"http://{host.address}/release", timeout=10) as answer:
            return str(json.load(answer)["release"])
    except OSError:
        return ""


def https(host: Stock, trusted: ssl.SSLContext, path: str) -> str:
    """The body that the router answers, its certificate checked."""
    try:
        with (
            socket.create_connection((host.address, 443), 10) as sock,
            trusted.wrap_socket(sock, server_hostname=DOMAIN) as tls,
        ):
            tls.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: close\r\n\r\n".encode()
            )
            return b"".join(iter(lambda: tls.recv(65536), b"")).decode().partition("\r\n\r\n")[2]
    except OSError:
        return ""


def served(host: Stock) -> dict[str, str]:
    """Issuer and serial number of the certificate that the router serves now."""
    ask = f"openssl s_client -connect 127.0.0.1:443 -servername {DOMAIN} </dev/null 2>/dev/null"
    output = host.root(f"{ask} | openssl x509 -noout -issuer -serial")
    return dict(line.split("=", 1) for line in output.splitlines())


def start_pebble(host: Stock) -> None:
    """A real ACME server in the machine's network; every name is 127.0.0.1."""
    folder = host.folder
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
        *("-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost"),
        *("-keyout", f"{folder}/pebble.key", "-out", f"{folder}/pebble.crt"),
    )
    settings = {
        "listenAddress": "127.0.0.1:14000",
        "managementListenAddress": "127.0.0.1:15000",
        "httpPort": 80,
        "tlsPort": 443,
        "certificate": f"{folder}/pebble.crt",
        "privateKey": f"{folder}/pebble.key",
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    host._spawn(
        *("names", "pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""),
        *("-dns01", "127.0.0.1:8053", "-http01", "", "-https01", "", "-tlsalpn01", ""),
        *("-management", "127.0.0.1:8055"),
    )
    host._spawn(
        *("pebble", "pebble", "-config", f"{folder}/pebble.json", "-dnsserver", "127.0.0.1:8053"),
        PEBBLE_VA_NOSLEEP="1",
        PEBBLE_WFE_NONCEREJECT="0",
    )
    host.docker("cp", f"{folder}/pebble.crt", "stock:/usr/local/share/ca-certificates/pebble.crt")
    host.root("update-ca-certificates >/dev/null")
