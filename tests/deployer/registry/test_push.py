"""What a push asks of docker, and what it makes of the answers; a real registry is asked in
tests/jenkins/test_registry.py."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.__main__ import main
from deployer.errors import RolloutError
from deployer.registry.docker_client import DockerClient
from deployer.registry.push import push_image, tagged_image
from release_format.cli import run_program
from tests.deployer.registry.conftest import Recorder

ID = f"sha256:{'1' * 64}"
REPOSITORY, TAG = "registry.example.com/searchbar", "0123456789ab"
REFERENCE = f"{REPOSITORY}:{TAG}"
ASKED = ["docker", "buildx", "imagetools", "inspect", "--raw", REFERENCE]
INSPECTED = {"to": ["docker", "image", "inspect"], "out": f"{ID}\n"}


def manifest(id: str = ID, end: str = "\n") -> str:
    return json.dumps({"schemaVersion": 2, "config": {"digest": id}}, indent=3) + end


def digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def typed(recorder: Recorder) -> list[list[str]]:
    return [call["argv"] for call in recorder.calls]


def test_a_tag_that_is_there_already_is_not_pushed_again(recorder: Recorder) -> None:
    text = manifest(end="\r\n")
    recorder.answers(INSPECTED, {"to": ASKED, "out": text})
    assert push_image(DockerClient(), ID, REPOSITORY, TAG) == f"{REPOSITORY}@{digest(text)}"
    assert typed(recorder)[1:] == [ASKED]


def test_an_engine_that_knows_images_by_their_manifest_is_understood(recorder: Recorder) -> None:
    text = json.dumps({"schemaVersion": 2, "manifests": []})
    inspected = {"to": ["docker", "image", "inspect"], "out": digest(text)}
    recorder.answers(inspected, {"to": ASKED, "out": text})
    assert push_image(DockerClient(), "x", REPOSITORY, TAG).endswith(digest(text))


def test_a_tag_of_another_image_is_refused_and_stays(recorder: Recorder) -> None:
    text = manifest(f"sha256:{'2' * 64}")
    recorder.answers(INSPECTED, {"to": ASKED, "out": text})
    with pytest.raises(RolloutError, match=rf"another image already.*{digest(text)}") as refused:
        push_image(DockerClient(), ID, REPOSITORY, TAG)
    assert refused.value.exit_code == 2
    assert not [words for words in typed(recorder) if words[1] in ("push", "tag")]


@pytest.mark.parametrize(
    ("err", "code", "says"),
    [
        (f"ERROR: {REFERENCE}: failed to do request: dial tcp: connection refused", 3, "answers"),
        ("ERROR: unexpected status from HEAD request: 401 Unauthorized", 2, "let this user in"),
        ("denied: Your authorization token has expired. Reauthenticate.", 2, "docker login"),
        ("docker: 'buildx' is not a docker command.", 3, "plugin buildx"),
        ('ERROR: exec: "docker-credential-x": executable file not found in $PATH', 3, "found"),
        ("", 3, "does not say why"),
    ],
)
def test_a_registry_that_does_not_tell_is_never_taken_for_an_empty_one(
    recorder: Recorder, err: str, code: int, says: str
) -> None:
    recorder.answers(INSPECTED, {"to": ASKED, "code": 1, "err": err})
    with pytest.raises(RolloutError, match=says) as refused:
        push_image(DockerClient(), ID, REPOSITORY, TAG)
    assert refused.value.exit_code == code
    assert str(refused.value).endswith(".")
    assert typed(recorder)[1:] == [ASKED]


@pytest.mark.parametrize("text", ["", "<html>", "[" * 9999, "\xff"])
def test_an_answer_that_is_no_manifest_is_refused(recorder: Recorder, text: str) -> None:
    recorder.answers({"to": ASKED, "out": text})
    with pytest.raises(RolloutError, match="cannot be read"):
        tagged_image(DockerClient(), REFERENCE)


@pytest.mark.parametrize("table", [[], 1, None, {"config": []}, {"config": {"digest": 7}}])
def test_a_manifest_of_another_shape_is_no_image_of_ours(recorder: Recorder, table: Any) -> None:
    recorder.answers({"to": ASKED, "out": json.dumps(table)})
    there = tagged_image(DockerClient(), REFERENCE)
    assert there is not None
    assert not there.is_image(ID)


def test_a_push_that_fails_is_told(recorder: Recorder) -> None:
    away = {"to": ASKED, "code": 1, "err": f"ERROR: {REFERENCE}: not found\n"}
    unknown = "name unknown: The repository with name 'searchbar' does not exist\n"
    recorder.answers(INSPECTED, away, {"to": ["docker", "push"], "code": 1, "err": unknown})
    with pytest.raises(RolloutError, match=r"does not exist.*a repository of that name"):
        push_image(DockerClient(), ID, REPOSITORY, TAG)
    recorder.answers(INSPECTED, away)
    with pytest.raises(RolloutError, match="is not there"):
        push_image(DockerClient(), ID, REPOSITORY, TAG)


def test_an_image_that_is_not_here_is_told_before_anything_is_asked(recorder: Recorder) -> None:
    recorder.answers({"to": ["docker", "image"], "code": 1, "err": "no such image"})
    with pytest.raises(RolloutError, match=r"there is no image 'x' here. Build it") as refused:
        push_image(DockerClient(), "x", REPOSITORY, TAG)
    assert (refused.value.exit_code, len(recorder.calls)) == (2, 1)


def test_the_verb_prints_the_registrys_digest_alone(
    recorder: Recorder, clone: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    tag = clone()[:12]
    inspect = ["docker", "buildx", "imagetools", "inspect", "--raw", f"{REPOSITORY}-batch:{tag}"]
    recorder.answers(INSPECTED, {"to": inspect, "out": manifest()})
    words = ["push", "registry.example.com", "--image", ID, "--name", "searchbar-batch"]
    assert run_program("deployer", main, words) == 0
    said = capsys.readouterr()
    assert said.out == f"{REPOSITORY}-batch@{digest(manifest())}\n"
    assert said.err == ""
    Path("new").touch()
    assert run_program("deployer", main, words) == 2
    assert "(new)" in capsys.readouterr().err


def test_a_machine_without_docker_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RolloutError, match=r"no docker on this machine. Install it"):
        push_image(DockerClient(), ID, REPOSITORY, TAG)


def test_without_an_image_it_is_told_whether_one_could_go(
    recorder: Recorder, clone: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["push", "registry.example.com/team", "--name", "searchbar-batch"]
    assert run_program("deployer", main, asked) == 0
    captured = capsys.readouterr()
    assert f"registry.example.com/team/searchbar-batch:{clone()[:12]}" in captured.err
    assert (captured.out, recorder.calls) == ("", [])
    Path("new").touch()
    assert run_program("deployer", main, asked) == 2
    assert "commit the changes" in capsys.readouterr().err
