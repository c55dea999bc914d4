"""Codes: found joined, hyphenated, spaced, quoted, begun, in a sentence or beside another."""

from __future__ import annotations

import pytest

from searchbar.retrieval.codes import Codes

NAMES = [
    *("tx-00012", "tx-00013", "part-77120", "ab12-34-56", "4006381333931", "c++", "mp3", "~x 1"),
    *("python3", "python3-flask", "h264enc", "x264", "104711", "wh-1000xm4"),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("TX00012", ["tx-00012"]),
        ("tx 00012", ["tx-00012"]),
        ('"TX-00012"', ["tx-00012"]),
        ("please order TX-00012, soon", ["tx-00012"]),
        ("tx00013 and TX 00012", ["tx-00013", "tx-00012"]),
        ("AB123456", ["ab12-34-56"]),
        ("part-771", ["part-77120"]),
        ("where is part771 kept", ["part-77120"]),
        ("tx000", ["tx-00012", "tx-00013"]),
        ("400 6381 333 931", ["4006381333931"]),
        ("barcode 4006381333931", ["4006381333931"]),
        ("the year 4006", []),
        ("mp3 player", []),
        ("python3", ["python3"]),
        ("Python-3", ["python3"]),
        ("python3 web framework", []),
        ("web framework for python3", []),
        ("python3-flask", ["python3-flask"]),
        ("x264 video encoder", ["x264"]),
        ("h264 player", []),
        ("h264", ["h264enc"]),
        ("article 104711", ["104711"]),
        ("10471", ["104711"]),
        ("article 10471", []),
        ("10000 leagues", []),
        ("headphones like WH1000XM4", ["wh-1000xm4"]),
        ("wh 1000 xm4", ["wh-1000xm4"]),
        ("wh1000", ["wh-1000xm4"]),
        ("a used wh-1000 please", ["wh-1000xm4"]),
        ("tx-00012,tx-00013", ["tx-00012", "tx-00013"]),
        ("please (TX-00012/TX00013)", ["tx-00012", "tx-00013"]),
        ("order #TX-00012", ["tx-00012"]),
        ("#104711", ["104711"]),
        ("Art.-Nr.:104711", ["104711"]),
        ("EAN4006381333931", ["4006381333931"]),
        ("ean:4006381333931", ["4006381333931"]),
        ("10471,5", []),
        ("mp3/mp4", []),
        ("c++", []),
        ("part 7", ["part-77120"]),
        ("one part 7 of it", []),
        ("", []),
    ],
)
def test_a_question_mentions_codes(text: str, names: list[str]) -> None:
    assert Codes(lambda: NAMES).mentioned(text) == names


def test_what_may_not_be_shown_counts_for_nothing() -> None:
    codes = Codes(lambda: [f"tx-{number:05}" for number in range(50)])
    shown = {f"tx-{number:05}" for number in range(25, 45)}
    assert codes.mentioned("tx000", shown.__contains__) == sorted(shown), "of 50 names 20 are shown"
    assert codes.mentioned("tx000", {*shown, "tx-00001"}.__contains__) == []
    assert codes.mentioned("tx-00001", shown.__contains__) == []


def test_a_beginning_of_very_many_names_tells_none() -> None:
    assert Codes(lambda: [f"tx-{number:05}" for number in range(50)]).mentioned("tx000") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("TX 00012", ["tx-00012"]),
        ("tx00012", ["tx-00012"]),
        ("python3", ["python3"]),
        ("order TX-00012", []),
        ("tx-0001", []),
        ("c++", []),
    ],
)
def test_a_text_is_called_a_code_only_whole(text: str, names: list[str]) -> None:
    assert Codes(lambda: NAMES).called(text) == names


def test_names_are_listed_once_a_question_holds_a_digit() -> None:
    asked: list[int] = []

    def names() -> list[str]:
        asked.append(len(NAMES))
        return NAMES

    codes = Codes(names)
    assert (codes.mentioned("web framework"), codes.called("flask"), asked) == ([], [], [])
    assert codes.mentioned("x264") == codes.called("x-264") == ["x264"]
    assert len(asked) == 1
