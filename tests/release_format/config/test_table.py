"""Checked tables: what is refused, and that the sentence names file, key and what to do."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from release_format.config.refusal import nearest
from release_format.config.table import (
    ConfigError,
    Count,
    Port,
    Share,
    Text,
    check,
    laid_over,
    read_entries,
    read_toml,
    table,
)


@table
class Wheel:
    """A table inside of a list."""

    name: Text
    port: Port = 22


@table
class Cart:
    """A table with every kind of field."""

    owner: Text
    load: Share = 0.5
    seats: Count = 2
    kind: Literal["open", "closed"] = "open"
    covered: bool = False
    tags: tuple[str, ...] = ()
    wheels: Annotated[tuple[Wheel, ...], Field(max_length=4)] = ()

    def __post_init__(self) -> None:
        if self.covered and self.kind == "open":
            raise ValueError("an open cart has no cover. Choose one.")


def test_a_table_becomes_values() -> None:
    raw = {"owner": "Ada", "load": 1, "tags": ["a"], "wheels": [{"name": "left"}]}
    assert check(Cart, raw, "x.toml") == Cart("Ada", 1.0, tags=("a",), wheels=(Wheel("left"),))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({}, "'owner' is missing. Add it."),
        ({"owner": "A", "laod": 1}, "'laod' is unknown. Did you mean 'load'?"),
        ({"owner": "A", "xyz": 1}, "'xyz' is unknown. Known: owner, load,"),
        ({"owner": "  "}, "'owner' must be a text, not blank, that can be printed, not '  '."),
        ({"owner": 7}, "'owner' must be a text, not 7."),
        ({"owner": "A", "load": 10}, "'load' must be at most 1, not 10."),
        ({"owner": "A", "load": float("nan")}, "'load' must be a finite number, not nan."),
        ({"owner": "A", "load": float("-inf")}, "'load' must be a finite number, not -inf."),
        ({"owner": "A", "load": True}, "'load' must be a number, not true."),
        ({"owner": "A", "load": "0.1"}, "'load' must be a number, not '0.1'."),
        ({"owner": "A", "seats": -1}, "'seats' must be at least 0, not -1."),
        ({"owner": "A", "seats": 1.5}, "'seats' must be a whole number, not 1.5."),
        ({"owner": "A", "seats": 2.0}, "'seats' must be a whole number, not 2.0."),
        ({"owner": "A", "covered": 1}, "'covered' must be true or false, not 1."),
        ({"owner": "A", "covered": True}, "an open cart has no cover. Choose one."),
        (
            {"owner": "A", "kind": "opn"},
            "one of 'open' or 'closed', not 'opn'. Did you mean 'open'",
        ),
        ({"owner": "A", "kind": ["open"]}, "'kind' must be one of 'open' or 'closed'"),
        ({"owner": "A", "tags": "a"}, "'tags' must be a list, not 'a'."),
        ({"owner": "A", "tags": [1]}, "[[tags]] number 1 must be a text, not 1."),
        (
            {"owner": "A", "wheels": {"name": "a"}},
            "each wheels under a [[wheels]] of its own",
        ),
        ({"owner": "A", "wheels": [3]}, "[[wheels]] number 1 must be a table, not 3."),
        (
            {"owner": "A", "wheels": [{"name": "a"}, {"name": "b", "port": 70_000}]},
            "'port' in [[wheels]] number 2 must be at most 65535, not 70000.",
        ),
        (
            {"owner": "A", "wheels": [{"nam": "a"}]},
            "'nam' in [[wheels]] number 1 is unknown. Did you mean 'name'?",
        ),
        ({"owner": "A", "tags": {"a": 1}}, "'tags' must be a list, not {'a': 1}."),
        ({"owner": "A", "seats": 10**400}, "'seats' must be at most 1000000000, not 1000"),
        (3, "it must be a table, not 3."),
        ([], "it must be a table, not []."),
    ],
)
def test_what_cannot_be_is_refused_by_file_and_key(raw: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check(Cart, raw, "x.toml")
    assert str(refused.value).startswith("x.toml: ")
    assert sentence in str(refused.value)
    assert refused.value.exit_code == 2


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["owner", "load", "seats", "kind", "covered", "tags", "wheels", "name"])


@given(raw=st.dictionaries(KEYS, VALUES) | VALUES)
def test_whatever_stands_there_is_a_cart_or_a_sentence(raw: Any) -> None:
    with suppress(ConfigError):
        assert isinstance(check(Cart, raw, "x.toml"), Cart)


def test_tables_of_ones_own_lie_over_those_of_the_package() -> None:
    base: dict[str, Any] = {"a": {"b": {"x": 1, "y": 2}}, "c": {"z": 3}}
    assert laid_over(base, {"a": {"b": {"y": 5}}}, "f") == {
        "a": {"b": {"x": 1, "y": 5}},
        "c": {"z": 3},
    }
    assert base["a"]["b"]["y"] == 2


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"aa": {}}, "f: 'aa' is unknown. Did you mean 'a'?"),
        ({"a": {"bb": {}}}, "f: 'bb' in [a] is unknown. Did you mean 'b'?"),
        ({"a": {"b": {"yy": 1}}}, "f: 'yy' in [a.b] is unknown. Did you mean 'y'?"),
        ({"a": 3}, "f: [a] must be a table, not 3."),
        ({"a": {"b": [1]}}, "f: [a.b] must be a table, not [1]."),
    ],
)
def test_what_a_package_has_not_cannot_be_laid_over_it(own: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        laid_over({"a": {"b": {"x": 1, "y": 2}}}, own, "f")
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[wheel]\nname = 'a'\n", "write each wheel under a [[wheel]] of its own"),
        ("wheel = 5\n", "write each wheel under a [[wheel]] of its own"),
        ("wheel = [5]\n", "write each wheel under a [[wheel]] of its own"),
        ("[[weel]]\nname = 'a'\n", "'weel' is unknown. Did you mean 'wheel'?"),
        ("[[wheel]]\nname = ' '\n", "'name' in [[wheel]] number 1 must be a text"),
        ("[[wheel]]\nname = 2026-01-01\n", "must be a text, not 2026-01-01."),
        ("[[wheel]\n", "cannot be read"),
        ("\ufeff[[wheel]]\n", "cannot be read: it begins with a byte order mark."),
        ("a.b = 1\na = 2\n", "cannot be read: Cannot overwrite a value (at line 2, column 6)"),
        (f"a = {'[' * 9000}{']' * 9000}\n", "cannot be read: its lists or tables lie too deep"),
        (f"{'.'.join('a' * 4000)} = 1\n", "cannot be read: its lists or tables lie too deep"),
        (f"[[wheel]]\nname = {'[' * 300}{']' * 300}\n", "[[wheel]] number 1: lists or tables"),
        (f"wheel = 0x{'f' * 5000}\n", "cannot be read: it has a number of thousands of digits"),
        ('"\\u001b[31m\\n" = 1\n', "'\\x1b[31m\\n' is unknown"),
        ('[[wheel]]\nname = "\\u001b[2J"\n', "that can be printed, not '\\x1b[2J'"),
        ('[[wheel]]\nname = "a"\nport = "\u202e"\n', "a whole number, not '\\u202e'"),
        (f"[[wheel]]\nname = 'a'\nport = '{'x' * 999}'\n", f"'{'x' * 79}…. Mend it."),
        (f"'{'k' * 999}' = 1\n", f"'{'k' * 79}… is unknown. Known: wheel."),
    ],
)
def test_entries_that_nobody_can_mean_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (path := tmp_path / "w.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_entries(path, "wheel", Wheel)
    assert sentence in str(refused.value)
    assert str(path) in str(refused.value)


def test_no_file_has_no_entries(tmp_path: Path) -> None:
    assert read_entries(tmp_path / "none.toml", "wheel", Wheel) == []
    (tmp_path / "two.toml").write_text("[[wheel]]\nname = 'a'\n[[wheel]]\nname = 'b'\n")
    assert read_entries(tmp_path / "two.toml", "wheel", Wheel) == [Wheel("a"), Wheel("b")]


def test_a_folder_or_a_link_to_nothing_is_not_taken_for_no_entries(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "link.toml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"cannot be read .Is a directory.. Check its name"):
        read_entries(tmp_path / "folder.toml", "wheel", Wheel)
    with pytest.raises(ConfigError, match=r"cannot be read .No such file or directory."):
        read_entries(tmp_path / "link.toml", "wheel", Wheel)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, r"cannot be read \(No such file or directory\)\. Check its name"),
        ("a = 1".encode("utf-16"), "it is no UTF-8 text. Save it as UTF-8. Mend it."),
        (b"a = '\xe9'", "it is no UTF-8 text"),
        (b"a = \x00", "cannot be read"),
        (b"a = ", "cannot be read: Invalid value"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "x.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=sentence):
        read_toml(path)


def test_a_name_with_braces_is_a_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^{x}{}.toml: 'aa' is unknown"):
        laid_over({"a": 1}, {"aa": 1}, "{x}{}.toml")


@pytest.mark.parametrize("before", ["", "x" * 60])
def test_a_secret_in_a_value_is_not_shown(before: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check(Cart, {"owner": "A", "load": f"{before} postgresql://u:hunter2secret@db/x"}, "x.toml")
    assert "hunter2" not in str(refused.value)


def test_the_nearest_is_named_or_all() -> None:
    assert nearest("blok", ["warn", "block"]) == " Did you mean 'block'?"
    assert nearest("zzz", ["warn", "block"]) == " Known: warn, block."
    assert nearest("zzz", []) == " Known: none."
    assert nearest("zzz", ["a\x1b[31m"]) == " Known: 'a\\x1b[31m'."
    assert nearest("zzz", [f"k{number}" for number in range(999)]).endswith("k48, k49.")
