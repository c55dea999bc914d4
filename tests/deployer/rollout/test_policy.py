"""What entitles a pair to be rolled out."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.errors import RolloutError
from deployer.hosts import Environment
from deployer.rollout.policy import check_allowed, check_not_overtaken, check_readable
from deployer.state import Pair
from release_format.seal import FORMAT
from release_format.seal import OLDEST_READABLE_FORMAT as OLDEST
from release_format.store.folder import Folder
from release_format.verdict import Outcome
from tests.deployer.facts import ONE, TWO
from tests.hosts.sealed import compared

STAGE, PROD = Environment("stage"), Environment("prod", requires="stage")


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_first_rollout_needs_nothing(store: Folder) -> None:
    assert check_allowed(store, STAGE, ONE, []) == [
        "nothing to compare with: no other release is live"
    ]
    assert check_allowed(store, STAGE, ONE, [ONE])


@pytest.mark.parametrize(
    ("answer", "code"), [(Outcome.YES, 0), (Outcome.NO, 1), (Outcome.COULD_NOT_TELL, 3), (None, 3)]
)
def test_a_pair_verdict_beside_what_is_live_now_is_needed(
    store: Folder, answer: Outcome | None, code: int
) -> None:
    if answer:
        compared(store, TWO.release, ONE.release, answer)
    if code == 0:
        assert "beside 111111111111" in check_allowed(store, STAGE, TWO, [ONE])[0]
        return
    with pytest.raises(RolloutError) as caught:
        check_allowed(store, STAGE, TWO, [ONE])
    assert caught.value.exit_code == code


def test_a_verdict_beside_another_live_release_does_not_count(store: Folder) -> None:
    compared(store, TWO.release, "9" * 64)
    with pytest.raises(RolloutError, match="nobody compared"):
        check_allowed(store, STAGE, TWO, [ONE])


def test_prod_takes_only_what_stage_certified(store: Folder) -> None:
    with pytest.raises(RolloutError, match="Roll it out to stage first"):
        check_allowed(store, PROD, ONE, [])
    store.put_record("certificate", "c" * 64, "{}")
    store.switch_channel("stage", release=ONE.release, image=ONE.image, certificate="c" * 64)
    assert check_allowed(store, PROD, ONE, []) == ["certificate cccccccccccc of stage"]
    with pytest.raises(RolloutError):
        check_allowed(store, PROD, TWO, [])


def test_a_hotfix_keeps_the_live_release_and_needs_no_earlier_environment(store: Folder) -> None:
    fixed = Pair(ONE.release, "sha256:" + "f" * 64)
    with pytest.raises(RolloutError):
        check_allowed(store, PROD, fixed, [ONE])
    assert "stays, its image changes" in check_allowed(store, PROD, fixed, [ONE], hotfix=True)[0]
    with pytest.raises(RolloutError, match="keeps the live release"):
        check_allowed(store, PROD, TWO, [ONE], hotfix=True)
    with pytest.raises(RolloutError, match="keeps the live release"):
        check_allowed(store, PROD, ONE, [], hotfix=True)


@pytest.mark.parametrize(
    ("replaced", "live"), [(None, None), (ONE, ONE), (ONE, None), (None, ONE), (ONE, TWO)]
)
def test_what_was_approved_to_replace_one_pair_replaces_no_other(
    replaced: Pair | None, live: Pair | None
) -> None:
    """A hotfix that goes live while a rollout waits for its hosts would be lost unnoticed."""
    check_not_overtaken(STAGE, replaced, live)  # nobody approves there: the pair verdict decides
    if live in (None, replaced):
        check_not_overtaken(PROD, replaced, live)
        return
    with pytest.raises(RolloutError, match="approve it anew") as caught:
        check_not_overtaken(PROD, replaced, live)
    assert caught.value.exit_code == 1


def test_a_release_that_a_rollback_left_is_refused(store: Folder) -> None:
    store.switch_channel("stage", release=ONE.release, image=ONE.image, hold=[TWO.release])
    with pytest.raises(RolloutError, match="unhold 222222222222 --environment stage") as refused:
        check_allowed(store, STAGE, TWO, [ONE])
    assert refused.value.exit_code == 1


def test_hosts_that_were_left_out_follow_those_that_went_back(store: Folder) -> None:
    """ONE is live again, where a rollback left TWO on some host: nobody compares ONE with it."""
    store.switch_channel("stage", release=ONE.release, image=ONE.image, hold=[TWO.release])
    assert check_allowed(store, STAGE, ONE, [ONE, TWO]) == [
        "stage was last switched to it; hosts that serve another follow"
    ]
    with pytest.raises(RolloutError, match="nobody compared 111111111111 with 222222222222"):
        check_allowed(store, STAGE, ONE, [TWO])


def test_a_release_is_not_compared_with_what_a_rollback_left_on_a_host(store: Folder) -> None:
    three = Pair("3" * 64, ONE.image)
    store.switch_channel("stage", release=ONE.release, image=ONE.image, hold=[TWO.release])
    compared(store, three.release, ONE.release)
    assert "beside 111111111111" in check_allowed(store, STAGE, three, [ONE, TWO])[0]
    with pytest.raises(RolloutError, match="nobody compared 333333333333 with 222222222222"):
        check_allowed(store, STAGE, three, [TWO])


@pytest.mark.parametrize(
    ("format", "formats", "is_readable"),
    [
        (3, "1-3", True),
        (3, "3-5", True),
        (3, "1-2", False),
        (2, "3-4", False),
        (2, "", True),
        (3, "", False),
        (3, "<no value>", False),
        (12, "1-12", True),
    ],
)
def test_an_image_reads_what_its_label_says(format: int, formats: str, is_readable: bool) -> None:
    if is_readable:
        check_readable(ONE, format, formats)
        return
    with pytest.raises(RolloutError, match=rf"is of format {format}, .*Build the image") as refused:
        check_readable(ONE, format, formats)
    assert refused.value.exit_code == 1


def test_the_image_is_labelled_with_what_its_program_reads() -> None:
    for path in ("searchbar/Dockerfile", "tests/hosts/stub/Dockerfile"):
        label = f"LABEL searchbar.program=searchbar searchbar.formats={OLDEST}-{FORMAT}\n"
        assert label in (Path(__file__).parents[3] / path).read_text(encoding="utf-8"), path
