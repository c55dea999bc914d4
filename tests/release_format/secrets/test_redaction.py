"""No secret of an address stays in a text, quoted or not; everything else does."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from release_format.cli import Parser, run_program
from release_format.exit_codes import ProgramError
from release_format.progress import say
from release_format.run_log import RunLog
from release_format.secrets.redaction import (
    HIDDEN,
    forget_secrets,
    hides,
    know_secrets_of,
    redacted,
    redacted_address,
)
from release_format.secrets.secret_names import carries_secret

# What stands in a text, and what is left of it.
CASES = {
    "http://ada:swordfish@shop.example/a.csv": f"http://{HIDDEN}@shop.example/a.csv",
    "https://tok_swordfish@shop.example/a.csv": f"https://{HIDDEN}@shop.example/a.csv",
    "git+https://x:swordfish@shop.example": f"git+https://{HIDDEN}@shop.example",
    "http://ada:sword@fish@shop.example/a": f"http://{HIDDEN}@shop.example/a",
    "postgresql://ada:swordfish@db/shop": f"postgresql://ada:{HIDDEN}@db/shop",
    "postgresql://ada:sword/fish@db/shop": f"postgresql://ada:{HIDDEN}@db/shop",
    "postgresql://db/shop?user=ada&password=swordfish&sslmode=on": (
        f"postgresql://db/shop?user=ada&password={HIDDEN}&sslmode=on"
    ),
    "host=db password='sword fish' user=ada": f"host=db password={HIDDEN} user=ada",
    "https://s.example/a.csv?X-Amz-Signature=swordfish&format=csv": (
        f"https://s.example/a.csv?X-Amz-Signature={HIDDEN}&format=csv"
    ),
    "https://s.example/a.csv?sv=2&sr=b&sig=sword%2Bfish%3D": (
        f"https://s.example/a.csv?sv=2&sr=b&sig={HIDDEN}"
    ),
    "https://s.example/a?%74oken=swordfish": f"https://s.example/a?%74oken={HIDDEN}",
    "https://s.example/a?auth[key]=swordfish": f"https://s.example/a?auth[key]={HIDDEN}",
    "https://s.example/a#access_token=swordfish": f"https://s.example/a#access_token={HIDDEN}",
    "https://s.example/a?u=AbcDefGhi1234567890JklMno": f"https://s.example/a?u={HIDDEN}",
    "403, url='https://s.example/a?token=swordfish'": (
        f"403, url='https://s.example/a?token={HIDDEN}'"
    ),
    "no answer (https://s.example/a?token=swordfish). Look.": (
        f"no answer (https://s.example/a?token={HIDDEN}). Look."
    ),
    "to=https%3A%2F%2Fada%3Aswordfish%40s.example%2Fa": (
        f"to=https%3A%2F%2F{HIDDEN}%40s.example%2Fa"
    ),
    "https%3A%2F%2Fs.example%2Fa%3Fsig%3Dswordfish%26b%3D1": (
        f"https%3A%2F%2Fs.example%2Fa%3Fsig%3D{HIDDEN}%26b%3D1"
    ),
    "https%3A//ada%3Aswordfish%40s.example/a": f"https%3A//{HIDDEN}%40s.example/a",
    r"https:\/\/ada:swordfish@s.example": rf"https:\/\/{HIDDEN}@s.example",
    "https://s.example/a?u=3f2a91c4d5e6f7a8b9c0": f"https://s.example/a?u={HIDDEN}",
    "rlkey=swordfish, key=swordfish": f"rlkey={HIDDEN}, key={HIDDEN}",
    "pass=sword1 tokens=swordfish": f"pass={HIDDEN} tokens={HIDDEN}",
    "Basic YWRhOnN3b3JkZmlzaA==": f"Basic {HIDDEN}",
    "{'Authorization': 'Basic c3dvcmRmaXNo1='}": f"{{'Authorization': 'Basic {HIDDEN}'}}",
}
INNOCENT = (
    "postgresql://ada@db/shop",
    "http://127.0.0.1:8000/@scope/name",
    "s3://shop/products.parquet",
    "https://s.example/a.csv?format=csv&lang=de&page=2&keyword=lamp&author=ada&country_code=de",
    "--columns id=sku,title=name",
    "exit code=3, max_tokens=256, tokenizer=wordpiece, secretary=Anna, pass=12 fail=3",
    "sid=unstable, primary key=product_id, sort_key=updated_at, SEARCHBAR_KEY_FOR=all",
    "Basic python3-tutorial, keyboard=qwerty12, monkey=animals1, https://s.example/?max_tokens=256",
    "sha256=3f2a91c4, write to ada@s.example, basic questions",
)
NAMES = (
    "token",
    "access_token",
    "authToken",
    "sig",
    "Signature",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "X-Goog-Credential",
    "key",
    "api_key",
    "apikey",
    "API-Key",
    "AWSAccessKeyId",
    "subscription-key",
    "sas",
    "password",
    "Passwd",
    "pwd",
    "pass",
    "secret",
    "client_secret",
    "sessionid",
    "jwt",
    "code",
    "auth",
    "%73ig",
    "p%61ssword",
    "rlkey",
    "authkey",
    "passcode",
    "pincode",
    "ticket",
    "assertion",
    "bearer",
    "nonce",
    "hash",
    "md5",
    "signed",
    "st",
    "Policy",
    "token2",
)


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    forget_secrets()
    yield
    forget_secrets()


@pytest.mark.parametrize(("text", "left"), CASES.items())
def test_a_secret_is_taken_out_and_nothing_else(text: str, left: str) -> None:
    assert redacted(text) == left
    assert redacted(left) == left
    assert hides(left)


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text
    assert not hides(text)


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_says_by_its_name_that_it_is_a_secret(name: str) -> None:
    assert carries_secret(name)
    assert (
        redacted(f"https://s.example/a?page=2&{name}=x1&lang=de")
        == f"https://s.example/a?page=2&{name}={HIDDEN}&lang=de"
    )


@given(
    secret=some.text("abcXYZ019-_.~!$*+:/@ %äλ", min_size=6, max_size=20),
    name=some.sampled_from(NAMES),
)
def test_no_form_of_a_known_secret_is_left(secret: str, name: str) -> None:
    if len(plain := secret.strip()) < 6:
        return
    written = quote(plain, safe="")
    forget_secrets()
    know_secrets_of(
        f"https://s.example/a.csv?{name}={written}", f"https://ada:{written}@s.example/"
    )
    header = base64.b64encode(f"ada:{plain}".encode()).decode()
    again = quote(f"https://ada:{written}@s.example/?{name}={written}", safe="")
    for form in (plain, written, header, f"https://ada:{plain}@s.example", again, quote(again)):
        text = redacted(f"the library says: {form} was refused")
        assert form not in text
        assert quote(written) not in text
        assert text.startswith("the library says: ")
        assert text.endswith(" was refused")


# A source's own address, and what its pin and its verdict say of it.
SOURCES = {
    "http://ada:it's-swordfish@127.0.0.1:9/a.csv": f"http://{HIDDEN}@127.0.0.1:9/a.csv",
    'http://ada:<sword>"fish"@s.example/a.csv': f"http://{HIDDEN}@s.example/a.csv",
    "http://ada:sword fish@s.example/a.csv": f"http://{HIDDEN}@s.example/a.csv",
    "http://ada:sword/fi?sh@s.example/a.csv": f"http://ada:{HIDDEN}@s.example/a.csv",
    "s3://ada:sword'fish@shop/a.csv": f"s3://ada:{HIDDEN}@shop/a.csv",
    "https://s.example/a.csv?token=a'swordfish'b&page=2": (
        f"https://s.example/a.csv?token={HIDDEN}&page=2"
    ),
    "https://s.example/a.csv?dataset=swordfish&format=csv&lang=de&dl=1&sv=2024-01-01&id=7": (
        f"https://s.example/a.csv?dataset={HIDDEN}&format=csv&lang=de&dl=1&sv=2024-01-01&id=7"
    ),
    "https://s.example/a.csv?id=1AbcDefGhi1234567890JklMno": f"https://s.example/a.csv?id={HIDDEN}",
    "https://s.example/a.csv?sw0rdfish": f"https://s.example/a.csv?{HIDDEN}",
    "zip://a.csv::https://ada:sword'fish@s.example/a.zip?rlkey=x": (
        f"zip://a.csv::https://{HIDDEN}@s.example/a.zip?rlkey={HIDDEN}"
    ),
    "http://127.0.0.1:8000/@scope/a.csv?q=lamp&raw=true": (
        "http://127.0.0.1:8000/@scope/a.csv?q=lamp&raw=true"
    ),
    "postgresql://ada@db/shop?sslmode=require": "postgresql://ada@db/shop?sslmode=require",
    "my products?/a.csv": "my products?/a.csv",
}


@pytest.mark.parametrize(("address", "left"), SOURCES.items())
def test_a_sources_own_address_is_parsed(address: str, left: str) -> None:
    assert redacted_address(address) == left
    assert redacted_address(left) == left
    know_secrets_of(address)
    text = redacted(f"no {address} here, {address!r}, {json.dumps(address)}, {escape(address)}")
    assert text.count("sword") == 0 or left == address
    assert redacted(address) == left


def test_an_option_may_hold_a_sources_address() -> None:
    know_secrets_of("--catalogue=http://ada:it's-swordfish@s.example/a.csv")
    assert redacted("what is it's-swordfish?") == f"what is {HIDDEN}?"


def test_a_password_that_is_a_plain_word_stays_as_a_part_of_a_path() -> None:
    know_secrets_of("http://ada:reports@s.example/a.csv")
    for text in ("var/reports/data-report.html", "var/reports", "reports/data-report.html"):
        assert redacted(text) == text
    for text in ("no reports here", "'reports'", "//reports@s.example", "ada:reports/"):
        assert "reports" not in redacted(text)


@given(some.text("ab:/@?&=%3FA2 '\"[]tokensig", max_size=60))
def test_a_text_is_redacted_once_for_all(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


@pytest.mark.parametrize(
    "hostile",
    [
        "://a:",
        "a=%",
        "a=b&",
        "token='",
        "%3A%2F%2F",
        "basic A1",
        "((token=",
        "?a=",
        "?a=AbC1",
        "2526",
    ],
)
def test_a_hostile_text_takes_time_in_proportion(hostile: str) -> None:
    """Half a second of a processor's time; 22 s were seen where it grew by the square.

    The bound is twenty times as much, so that no slow or busy machine decides the answer.
    """
    started = time.process_time()
    redacted((hostile * 40_000)[:280_000])
    assert time.process_time() - started < 10


def test_errors_console_and_log_leave_secrets_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEARCHBAR_LOG", str(tmp_path / "run.jsonl"))
    monkeypatch.setenv("SEARCHBAR_DEBUG", "1")
    address = "https://ada:swordfish@s.example/a.csv?token=sesame99"

    def refuse(_: Sequence[str]) -> int:
        say(f"Reading {address} …")
        RunLog("try").write("read", where=Path(address), parts=[{"at": address, "rows": 7}])
        raise ProgramError(f"{address} is gone. Look.")

    def break_down(_: Sequence[str]) -> int:
        raise ConnectionError("the other side knows no swordfish, and no sesame99")

    assert run_program("try", refuse, [address]) == 3
    assert run_program("try", break_down, ["read", address]) == 3
    with pytest.raises(SystemExit):
        Parser(prog="try", example="try").parse_args([address])
    told = "".join(capsys.readouterr()) + (tmp_path / "run.jsonl").read_text()
    assert "swordfish" not in told
    assert "sesame99" not in told
    assert told.count(HIDDEN) >= 10
    events = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert events[1]["parts"][0]["rows"] == 7
