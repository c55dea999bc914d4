"""Nothing of a person leaves the log with a question."""

from __future__ import annotations

import pytest

from monitoring.drift.masking import LONGEST, is_plain, masked


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("order of jane.doe+shop@example.co.uk", "order of [e-mail]"),
        ("call +49 (0)30 1234-5678 now", "call [number] now"),
        ("card 4111 1111 1111 1111", "card [number]"),
        ("DE89 3704 0044 0532 0130 00 refund", "[account] refund"),
        ("see https://shop.example/?token=abc", "see [address]"),
        ("WWW.Example.com/me", "[address]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[secret]"),
        ("my key AKIAIOSFODNN7EXAMPLE leaked", "my key [secret] leaked"),
        ("postgres://ada:pa55word@db/x", "postgres://ada:[redacted]@db/x"),
        ("jane\u200b.doe@exam\u202eple.co", "[e-mail]"),
        ("a\x00b \u202eevil\u2066 c", "ab evil c"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        # What catalogues are full of stays.
        ("AF-3038 in red, 10..50", "AF-3038 in red, 10..50"),
        ("iphone 15 pro 256", "iphone 15 pro 256"),
        ("m4 x 20 screw", "m4 x 20 screw"),
        ("two\nlines\tof it", "two lines of it"),
    ],
)
def test_what_names_a_person_is_left_out(question: str, shown: str) -> None:
    assert masked(question) == shown


def test_a_long_question_is_cut_with_a_sign() -> None:
    assert masked("a" * 400) == "a" * (LONGEST - 1) + "…"


@pytest.mark.parametrize("question", ["a@b.co", "a\u202eb", "x" * 400, "call 030 1234 5678"])
def test_a_question_of_which_something_is_left_out_is_not_plain(question: str) -> None:
    assert not is_plain(question)
    assert is_plain(" red  jacket\n")
