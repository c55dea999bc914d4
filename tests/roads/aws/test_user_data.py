"""Here is what a host runs at its first boot: it fetches the script that `prepare` prints."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import ROOT
from tests.roads.aws.templates import template

MOST = 16 * 1024
ACCESS = {"AccessKeyId": "AKID", "SecretAccessKey": "secret/+", "Token": "tok=en"}
REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
METADATA, STORE = "http://169.254.169.254/", "https://{host}/"


def user_data(host: str, digest: str) -> str:
    """What CloudFormation hands to the machine."""
    values = {
        "AWS::Region": "eu-central-1", "AWS::AccountId": "111122223333",
        "AWS::URLSuffix": "amazonaws.com", "Store": "store", "BootDigest": digest,
    }  # fmt: skip
    properties = template("site")["Resources"][host]["Properties"]
    text = properties["UserData"]["Fn::Base64"]["Fn::Sub"]
    return re.sub(r"\$\{([\w:]+)\}", lambda found: values[found[1]], text)


@pytest.fixture(scope="module")
def script() -> str:
    """What `prepare --script` prints of the example environment."""
    words = ["-m", "deployer", "prepare", "--script", "--environment", "stage"]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_user_data_fits_and_both_hosts_have_the_same(script: str) -> None:
    digest = hashlib.sha256(script.encode()).hexdigest()
    first, second = (user_data(host, digest) for host in ("FirstHost", "SecondHost"))
    assert first == second
    assert len(first.encode()) < MOST
    # AWS counts before base64; with it there is room, too.
    assert len(base64.b64encode(first.encode())) < MOST
    subprocess.run(["sh", "-n"], input=first, text=True, check=True)


def test_the_script_itself_would_not_fit(script: str) -> None:
    """Else nothing would have to be fetched."""
    assert len(script.encode()) > MOST


class _Cloud(http.server.BaseHTTPRequestHandler):
    """A metadata service that wants a session's token, and a bucket that checks signatures."""

    object_bytes = b""
    refusals = 0
    seen: list[str] = []  # noqa: RUF012

    def do_PUT(self) -> None:
        self._answer(b"session" if self.headers["X-aws-ec2-metadata-token-ttl-seconds"] else b"")

    def do_GET(self) -> None:
        if self.path.startswith("/latest/"):
            if self.headers["X-aws-ec2-metadata-token"] != "session":
                self.send_error(401)
            elif self.path.endswith("security-credentials/"):
                self._answer(b"host-role")
            elif self.path.endswith("security-credentials/host-role"):
                self._answer(json.dumps(ACCESS).encode())
            else:
                self.send_error(404)
            return
        self.seen.append(self.path)
        if type(self).refusals > 0:
            type(self).refusals -= 1
            self.send_error(403)
        elif self.headers["Authorization"] != signature(self.path, self.headers["X-Amz-Date"]):
            self.send_error(403)
        else:
            self._answer(self.object_bytes)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def signature(path: str, date: str) -> str:
    """The header that botocore would have sent for this object at this time."""
    request = AWSRequest("GET", f"https://store.s3.eu-central-1.amazonaws.com{path}")
    request.context["timestamp"] = date
    request.headers["X-Amz-Date"] = date
    request.headers["X-Amz-Security-Token"] = ACCESS["Token"]
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(b"").hexdigest()
    credentials = Credentials(*ACCESS.values())
    signer = S3SigV4Auth(credentials, "s3", "eu-central-1")
    text = signer.string_to_sign(request, signer.canonical_request(request))
    names = signer.signed_headers(signer.headers_to_sign(request))
    scope = signer.scope(request)
    return (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names},"
        f" Signature={signer.signature(text, request)}"
    )


@pytest.fixture
def cloud() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Cloud)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _Cloud.refusals = 0
    _Cloud.seen.clear()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def boot(
    folder: Path, cloud: str, digest: str, tries: int = 20
) -> subprocess.CompletedProcess[str]:
    """Run user data as it stands, but for two addresses; what it would do to this machine is
    written down instead."""
    text = user_data("FirstHost", digest)
    for address in (METADATA, STORE):
        assert text.count(address) == 1
        text = text.replace(address, cloud)
    assert text.count("-lt 20 ]") == 1
    text = text.replace("-lt 20 ]", f"-lt {tries} ]")
    programs = folder / "bin"
    programs.mkdir()
    for name in ("sh", "apt-get", "install", "chown", "sleep"):
        kept = f'cp "$1" {folder}/ran; ' if name == "sh" else ""
        program = programs / name
        program.write_text(f'#!/bin/dash\n{kept}echo {name} "$@" >>{folder}/did\n', "utf-8")
        program.chmod(0o755)
    text = text.replace("/home/searchbar/.docker/config.json", f"{folder}/config.json")
    path = f"{programs}:/usr/local/bin:/usr/bin:/bin"
    return subprocess.run(
        ["/bin/dash"], input=text, env={"PATH": path}, cwd=folder, capture_output=True, text=True
    )


def test_a_host_runs_the_very_script_and_then_learns_to_pull(
    tmp_path: Path, cloud: str, script: str
) -> None:
    _Cloud.object_bytes = script.encode()
    _Cloud.refusals = 2
    digest = hashlib.sha256(script.encode()).hexdigest()
    done = boot(tmp_path, cloud, digest)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ran").read_text(encoding="utf-8") == script
    assert _Cloud.seen == [f"/boot/{digest}.sh"] * 3, "a role may take a moment"
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config["credHelpers"] == {REGISTRY: "ecr-login"}
    did = (tmp_path / "did").read_text(encoding="utf-8")
    order = [line.split()[0] for line in did.splitlines()]
    assert order == ["sleep", "sleep", "sh", "apt-get", "install", "chown"]


def test_another_script_under_that_name_is_not_run(tmp_path: Path, cloud: str, script: str) -> None:
    _Cloud.object_bytes = script.encode() + b"# and more\n"
    done = boot(tmp_path, cloud, hashlib.sha256(script.encode()).hexdigest())
    assert done.returncode != 0
    assert not (tmp_path / "ran").exists()


def test_a_host_that_may_not_read_it_gives_up(tmp_path: Path, cloud: str, script: str) -> None:
    _Cloud.refusals = 100
    done = boot(tmp_path, cloud, hashlib.sha256(script.encode()).hexdigest(), tries=3)
    assert done.returncode == 3
    assert not (tmp_path / "ran").exists()
    assert len(_Cloud.seen) == 3


def test_the_metadata_service_wants_a_session_and_is_no_containers() -> None:
    for host in ("FirstHost", "SecondHost"):
        options = template("site")["Resources"][host]["Properties"]["MetadataOptions"]
        assert options["HttpTokens"] == "required"
        assert options["HttpPutResponseHopLimit"] == 1
