"""A secret is never printed, whatever holds it."""

from __future__ import annotations

from dataclasses import dataclass

from release_format.secrets.secret import Secret


@dataclass(frozen=True)
class Settings:
    token: Secret


def test_a_secret_shows_only_whether_there_is_one() -> None:
    secret = Secret("sesame")
    for text in (repr(secret), str(secret), f"{secret}", repr(Settings(secret)), f"{[secret]}"):
        assert "sesame" not in text
        assert "[redacted]" in text
    assert repr(Secret("")) == "''"
    assert (bool(secret), bool(Secret(""))) == (True, False)


def test_a_secret_is_revealed_on_purpose() -> None:
    assert Secret("sesame").reveal() == "sesame"
