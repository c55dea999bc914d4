"""Who logs in to a registry; no secret in a command line, none left on the machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.registry.address import RegistryAddress, registry_address
from deployer.registry.login import Login, logged_in, login_of
from release_format.secrets.secret import Secret
from tests.deployer.registry.conftest import Recorder

PASSWORD = "pass word'$(x)"
PLAIN = registry_address("registry.example.com")
ECR = registry_address("123456789012.dkr.ecr.eu-central-1.amazonaws.com")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration of this user: a login, a helper that keeps passwords, a context."""
    folder = tmp_path / "own"
    (folder / "contexts").mkdir(parents=True)
    (folder / "contexts/own").write_text("a context")
    logins = {"auths": {"other.example": {"auth": "eA=="}}, "credsStore": "desktop"}
    table = {**logins, "credHelpers": {"x": "y"}, "currentContext": "own"}
    (folder / "config.json").write_text(json.dumps(table))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def password_file(folder: Path, text: str = f"{PASSWORD}\n") -> str:
    (folder / "password").write_text(text)
    return str(folder / "password")


def test_a_user_and_a_file_log_in_and_leave_nothing(
    recorder: Recorder, own: Path, tmp_path: Path
) -> None:
    before = (own / "config.json").read_text()
    with logged_in(PLAIN, login_of(PLAIN, "me", password_file(tmp_path))) as client:
        client.run("push", "x")
    login, push = recorder.calls
    assert login["argv"] == [
        *("docker", "login", "--username", "me", "--password-stdin", "registry.example.com"),
    ]
    assert login["stdin"] == PASSWORD
    for call in (login, push):
        assert json.loads(call["config"]["config.json"]) == {"currentContext": "own"}
        assert call["config"]["contexts/own"] == "a context"
        assert PASSWORD not in json.dumps(call["argv"])
        assert not Path(call["folder"]).exists()
    assert (own / "config.json").read_text() == before
    assert (own / "contexts/own").exists(), "what was linked is not what was removed"


def test_ecr_is_logged_in_to_by_aws(recorder: Recorder, own: Path) -> None:
    recorder.answers({"to": ["aws"], "out": "a-token-of-aws\n"})
    with logged_in(ECR, login_of(ECR, "", "")):
        pass
    asked, login = recorder.calls
    assert asked["argv"] == ["aws", "ecr", "get-login-password", "--region", "eu-central-1"]
    assert login["argv"][2:4] == ["--username", "AWS"]
    assert login["stdin"] == "a-token-of-aws"
    assert own.exists()


def test_aws_that_gives_no_password_is_told_in_its_words(recorder: Recorder) -> None:
    for answer in ({"code": 255, "err": "Unable to locate credentials\n"}, {"out": "\n"}):
        recorder.answers({"to": ["aws"], **answer})
        with pytest.raises(
            RolloutError, match=r"gives no password for ECR in eu-central-1 .*See whom"
        ) as e:
            login_of(ECR, "", "")
        assert e.value.exit_code == 3


@pytest.mark.parametrize("address", [PLAIN, ECR])
def test_without_a_user_dockers_own_login_has_to_do(
    recorder: Recorder, own: Path, monkeypatch: pytest.MonkeyPatch, address: RegistryAddress
) -> None:
    (recorder.folder / "bin/aws").unlink()
    monkeypatch.setenv("PATH", str(recorder.folder / "bin"))
    assert login_of(address, "", "") is None
    with logged_in(address, None) as client:
        assert client.configuration == own
        assert client.folder is None
    assert recorder.calls == []


def test_who_is_named_goes_before_aws(recorder: Recorder, tmp_path: Path) -> None:
    login = login_of(ECR, "me", password_file(tmp_path))
    assert login is not None
    assert (login.user, login.password.reveal()) == ("me", PASSWORD)
    assert PASSWORD not in repr(login)
    assert recorder.calls == []


@pytest.mark.parametrize(
    ("user", "content", "says"),
    [
        ("me", None, "both"),
        ("", "x", "both"),
        ("me", "", "is empty"),
        ("me", " \n", "is empty"),
        ("me", b"\xff\xfe\xff", "UTF-8"),
    ],
)
def test_half_a_login_is_refused(
    tmp_path: Path, user: str, content: str | bytes | None, says: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RolloutError, match=says) as refused:
        login_of(PLAIN, user, "" if content is None else str(file))
    assert refused.value.exit_code == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RolloutError, match=r"no-file cannot be read \(No such file"):
        login_of(PLAIN, "me", str(tmp_path / "no-file"))


def test_a_wrong_password_ends_it_and_leaves_nothing(recorder: Recorder, own: Path) -> None:
    recorder.answers(
        {"to": ["docker", "login"], "code": 1, "err": "login attempt failed: 401 Unauthorized\n"}
    )
    with (
        pytest.raises(RolloutError, match=r"does not let this user in .*REGISTRY_USER") as refused,
        logged_in(PLAIN, Login("me", Secret(PASSWORD))),
    ):
        pytest.fail("it logged in")
    assert refused.value.exit_code == 2
    assert PASSWORD not in str(refused.value)
    assert not Path(recorder.calls[0]["folder"]).exists()
    assert own.exists()


@pytest.mark.parametrize("text", ["", "no JSON", None])
def test_a_configuration_of_docker_that_is_none_stops_no_login(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    folder = tmp_path / "docker"
    if text is not None:
        folder.mkdir()
        (folder / "config.json").write_text(text)
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    with logged_in(PLAIN, Login("me", Secret(PASSWORD))):
        pass
    assert recorder.calls[0]["config"]["config.json"] == "{}"
