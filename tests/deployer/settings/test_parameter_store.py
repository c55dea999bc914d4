"""Settings from Parameter Store: a server of AWS's own protocol, and every way of no answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from deployer.errors import RolloutError
from deployer.hosts import Environment, Host
from deployer.settings import parameter_store
from deployer.settings.slot_settings import SlotSettings
from deployer.settings.source import read_slot_settings
from release_format.config.table import ConfigError

SECRET = "a-key-of-16-letters-and-more"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    nowhere = str(tmp_path_factory.getbasetemp() / "no-such-file")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def ssm(aws: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    return boto3.client("ssm")


def read(path: str) -> SlotSettings:
    environment = Environment("prod", (Host("h", "192.0.2.1"),), settings=f"ssm:{path}")
    return read_slot_settings(environment)


@pytest.mark.parametrize("slash", ["", "/"])
def test_what_lies_right_below_the_path_is_read_decrypted(ssm: Any, slash: str) -> None:
    for name, value, kind in (
        ("/bar/prod/SEARCHBAR_KEY", SECRET, "SecureString"),
        ("/bar/prod/SEARCHBAR_TITLE", "Shop\n", "String"),
        ("/bar/prod/SEARCHBAR_ORIGINS", "https://a.example,https://b.example", "StringList"),
        ("/bar/prod/build/SEARCHBAR_SOURCE", "no business of the server", "String"),
        ("/bar/production/SEARCHBAR_THREADS", "3", "String"),
    ):
        ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)
    assert read(f"/bar/prod{slash}").reveal() == {
        "SEARCHBAR_KEY": SECRET,
        "SEARCHBAR_ORIGINS": "https://a.example,https://b.example",
        "SEARCHBAR_TITLE": "Shop",
    }
    assert read("/bar/prod").origin == "ssm:/bar/prod/"


def test_more_than_a_page_is_read(ssm: Any) -> None:
    """AWS gives ten of them at once."""
    wanted = (
        {
            f"SEARCHBAR_{name}": "1"
            for name in ("THREADS", "QUEUE", "BATCH", "REQUESTS_A_MINUTE", "TITLE", "EXAMPLES")
        }
        | {
            f"SEARCHBAR_{name}": f"/{name}"
            for name in ("VALUES", "PICTURES", "JUDGMENTS", "KEY_FILE", "IMAGES")
        }
        | {"SEARCHBAR_FEEDBACK": "no"}
    )
    assert len(wanted) > 10
    for name, value in wanted.items():
        ssm.put_parameter(Name=f"/many/{name}", Value=value, Type="String")
    assert len(ssm.get_parameters_by_path(Path="/many/")["Parameters"]) == 10
    assert read("/many/").reveal() == wanted


def test_names_are_refused_and_values_never_shown(ssm: Any) -> None:
    ssm.put_parameter(Name="/typo/SEARCHBAR_KYE", Value=SECRET, Type="SecureString")
    with pytest.raises(ConfigError, match=r"^ssm:/typo/: .* Did you mean 'SEARCHBAR_KEY'") as typo:
        read("/typo/")
    assert SECRET not in str(typo.value)
    ssm.put_parameter(Name="/own/SEARCHBAR_IMAGE", Value="x", Type="String")
    with pytest.raises(ConfigError, match="the deployer sets SEARCHBAR_IMAGE"):
        read("/own/")


def test_a_path_with_nothing_below_it_is_no_empty_list_of_settings(ssm: Any) -> None:
    ssm.put_parameter(Name="/deep/er/SEARCHBAR_TITLE", Value="x", Type="String")
    for path in ("/nowhere", "/deep"):
        with pytest.raises(ConfigError, match=rf"right below this .* eu-central-1\. Put .*{path}/"):
            read(path)


@pytest.mark.proof
def test_another_region_is_another_store(ssm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ssm.put_parameter(Name="/here/SEARCHBAR_TITLE", Value="x", Type="String")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(ConfigError, match="in us-east-1"):
        read("/here")


def test_without_region_credentials_or_botocore_a_sentence_says_so(
    ssm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(RolloutError, match=r"no region is set. Set AWS_DEFAULT_REGION") as refused:
        read("/bar")
    assert refused.value.exit_code == 3
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(RolloutError, match=r"no credentials .*Give this machine a role, or"):
        read("/bar")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(RolloutError, match=r"no credentials .*nobody.* Nothing was touched"):
        read("/bar")
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(RolloutError, match=r"botocore. Run `pip install 'searchbar.deploy.'`"):
        read("/bar")


def test_a_store_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(parameter_store, "ATTEMPTS", 1)
    with pytest.raises(RolloutError, match=r"cannot be read: .*127.0.0.1:9.* Look at the network"):
        read("/bar")


@dataclass
class Answers:
    """A store that refuses first; `asked` are the paths that it was asked for."""

    refusals: list[tuple[int, str]]
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def reply(self, question: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(question["Path"])
        if self.refusals:
            status, code = self.refusals.pop(0)
            return status, {"__type": code, "message": "User: arn:aws:iam::1:user/x, not\nnow."}
        parameter = {"Name": f"{question['Path']}SEARCHBAR_TITLE", "Value": "Shop"}
        return 200, {"Parameters": [parameter]}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    store = Answers([])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            status, answer = store.reply(json.loads(self.rfile.read(length)))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield store
    server.shutdown()
    server.server_close()


@pytest.mark.proof
@pytest.mark.parametrize("refusal", [(400, "ThrottlingException"), (500, "InternalServerError")])
def test_what_passes_is_waited_for(answers: Answers, refusal: tuple[int, str]) -> None:
    answers.refusals = [refusal]
    assert read("/bar").reveal() == {"SEARCHBAR_TITLE": "Shop"}
    assert answers.asked == ["/bar/", "/bar/"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("ThrottlingException", "Run this again in a minute"),
        ("AccessDeniedException", "Allow ssm:GetParametersByPath"),
        ("InvalidKeyId", "Write it anew"),
        ("ExpiredTokenException", "Log in again"),
        ("ValidationException", "Look at the path"),
    ],
)
def test_what_stays_is_told_with_what_to_do(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, code: str, what: str
) -> None:
    monkeypatch.setattr(parameter_store, "ATTEMPTS", 1)
    answers.refusals = [(400, code)] * 9
    with pytest.raises(RolloutError, match=rf"^ssm:/bar/ cannot be read: .*{code}.*{what}") as told:
        read("/bar")
    assert len(answers.asked) == 1
    assert "\n" not in str(told.value)
    assert "Nothing was touched." in str(told.value)
    assert told.value.exit_code == 3
