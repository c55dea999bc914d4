"""Wrong usage, and what nobody can tell, of every verb; its other tests hold what else it says."""

from __future__ import annotations

import pytest

from forge.__main__ import PROGRAM
from tests.forge.conftest import Forge, git

NEEDED = {
    "propose": ["catalogue"],
    "merge": ["change/x"],
    "notify": ["hello"],
    "live": ["stage"],
    "check-branch": ["--branch", "change/x"],
    "comment": ["--branch", "change/x"],
    "alarm": ["evidence.json"],
}


@pytest.mark.parametrize("verb", PROGRAM.verbs)
def test_an_option_that_there_is_not_is_wrong_usage(verb: str, forge: Forge) -> None:
    ended = forge(verb, *NEEDED.get(verb, []), "--qick")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "unrecognized arguments: --qick. See `python -m forge" in ended.stderr


@pytest.mark.parametrize("verb", [verb for verb in PROGRAM.verbs if verb != "notify"])
def test_a_setting_that_cannot_be_is_wrong_usage(verb: str, forge: Forge) -> None:
    ended = forge(verb, *NEEDED.get(verb, []), FORGE_GIVE_UP="soon")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "FORGE_GIVE_UP must be a number, not 'soon'. Mend it." in ended.stderr


@pytest.mark.parametrize("verb", ["propose", "merge", "check-branch", "comment"])
def test_a_remote_that_does_not_answer_is_could_not_tell(verb: str, forge: Forge) -> None:
    git(forge.tree, "remote", "set-url", "origin", "/nowhere")
    ended = forge(verb, *NEEDED[verb])
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "Mend that, then run this again." in ended.stderr


@pytest.mark.parametrize("verb", ["live", "promote", "approve"])
def test_a_channel_that_cannot_be_read_is_could_not_tell(verb: str, forge: Forge) -> None:
    (channel := forge.tree / "var/store/channels/stage").mkdir(parents=True)
    (channel / "00000001.json").write_text("{")
    ended = forge(verb, *NEEDED.get(verb, []))
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "Restore it from a copy." in ended.stderr
