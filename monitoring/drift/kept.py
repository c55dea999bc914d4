"""What windows were like, kept without a text: vectors by digest, and numbers.

A question is encoded once, by itself, so that its vector is the same to the last bit whatever is
asked beside it; and a window is known when the log has gone. Each encoder has a file of its own.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.drift.windows import MOST_QUESTIONS, Window
from release_format.release import ENCODER, Release
from release_format.seal import digest_of, replacing

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
# Of each length so many windows are kept, the newest.
MOST_WINDOWS = 130
_KEY_BYTES = 16
_LARGEST = 10_000_000


class KeptText(str):
    """The digest of a question in its place: whose text is not kept, but what was asked of it."""

    __slots__ = ("is_known",)
    is_known: bool


@dataclass
class KeptWindow(Window):
    """A window that the log may not hold any more: its numbers, with digests for questions."""

    kept: Sequence[KeptText] = ()

    @property
    def sample(self) -> list[str]:
        return list(self.kept)


@dataclass
class KeptQuestions:
    """Vectors and windows of one encoder; `problem` says why what a file held was left aside."""

    encoder: str
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    windows: Sequence[KeptWindow] = ()
    problem: str = ""

    def encode(self, texts: Sequence[str], by: Encode) -> NDArray[np.float32]:
        """Unit vectors, (n, d): those that are kept, and the others made one by one."""
        keys = [key_of(text) for text in texts]
        for key, text in zip(keys, texts, strict=True):
            if key not in self.vectors:
                self.vectors[key] = by([text])[0]
        rows = [self.vectors[key] for key in keys]
        return np.stack(rows) if rows else by([])

    def with_kept(self, several: Sequence[Window]) -> list[Window]:
        """The windows of the log, the last one last, and those of which the log holds less than
        what is kept, or nothing."""
        last = several[-1]
        by_start = {window.start: window for window in several}
        for window in self.windows:
            if window.days != last.days or window.start >= last.start:
                continue
            is_between = (last.start - window.start) % timedelta(days=last.days)
            held = by_start.get(window.start)
            if not is_between and (held is None or held.asked < window.asked):
                by_start[window.start] = window
        return [by_start[start] for start in sorted(by_start)]


def key_of(text: str) -> str:
    """The digest by which a question's vector is kept."""
    if isinstance(text, KeptText):
        return str(text)
    return blake2b(text.encode("utf-8", "replace"), digest_size=_KEY_BYTES).hexdigest()


def encoder_digest(release: Release) -> str:
    """The digest of everything that makes vectors in this release."""
    files = release.manifest.files
    return digest_of({name: files[name].sha256 for name in files if name.startswith(f"{ENCODER}/")})


def kept_file(folder: Path, log: str, encoder: str) -> Path:
    """The file of one log and encoder: two sites may keep their logs in one folder."""
    return folder / f"drift-{Path(log).stem}-{encoder[:12]}.npz"


def read_kept(path: Path, encoder: str) -> KeptQuestions:
    """What is kept of an encoder; of a file that is broken or another's, nothing, with a
    sentence."""
    if not path.exists():
        return KeptQuestions(encoder)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            keys, vectors = arrays["keys"], arrays["vectors"]
            table = json.loads(arrays["table"].tobytes())
        known = _vectors(keys, vectors)
        if table["encoder"] != encoder:
            raise ValueError("another encoder made it")
        windows = [_window(row) for row in table["windows"]]
        if any(text not in known for window in windows for text in window.kept):
            raise ValueError("a vector is missing")
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        return KeptQuestions(
            encoder,
            problem=f"{path} cannot be used ({error or type(error).__name__}), so all questions are"
            " encoded again and it is written anew.",
        )
    return KeptQuestions(encoder, known, windows)


def write_kept(
    path: Path,
    kept: KeptQuestions,
    several: Iterable[Window],
    is_known: Callable[[str], bool],
) -> None:
    """Keep these windows and those that were kept before, and the vectors of both."""
    rows = {(window.days, window.start): _row_of(window, is_known) for window in kept.windows}
    rows |= {(w.days, w.start): _row_of(w, is_known) for w in several if w.asked}
    newest: list[Mapping[str, Any]] = []
    for days in {days for days, _ in rows}:
        starts = sorted(start for length, start in rows if length == days)[-MOST_WINDOWS:]
        newest += [rows[days, start] for start in starts]
    keys = sorted({key for row in newest for key in row["sample"]} & kept.vectors.keys())
    held = set(keys)
    whole = [row for row in newest if held.issuperset(row["sample"])]
    table = json.dumps({"encoder": kept.encoder, "windows": whole}).encode()
    file = BytesIO()
    np.savez(
        file,
        keys=np.array([list(bytes.fromhex(key)) for key in keys], np.uint8).reshape(-1, _KEY_BYTES),
        vectors=np.stack([kept.vectors[key] for key in keys]) if keys else np.empty((0, 0)),
        table=np.frombuffer(table, np.uint8),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        draft.write_bytes(file.getvalue())


def _vectors(keys: NDArray[Any], vectors: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
    is_whole = keys.dtype == np.uint8 and keys.ndim == vectors.ndim == 2
    if not is_whole or keys.shape != (len(vectors), _KEY_BYTES):
        raise ValueError("its vectors are not whole")
    if len(vectors) and (vectors.dtype != np.float32 or not np.isfinite(vectors).all()):
        raise ValueError("its vectors are no numbers")
    return {bytes(key).hex(): vector for key, vector in zip(keys, vectors, strict=True)}


def _row_of(window: Window, is_known: Callable[[str], bool]) -> Mapping[str, Any]:
    sample = window.sample
    return {
        "start": window.start.isoformat(),
        "days": window.days,
        "asked": window.asked,
        "different": len(window.questions),
        **{name: len(getattr(window, name)) for name in _COUNTED},
        "releases": sorted(window.releases),
        "firsts": [[id, key in window.clicked] for key, id in sorted(window.firsts.items())],
        "margins": sorted(window.margins.values()),
        "sample": [key_of(text) for text in sample],
        "known": [
            text.is_known if isinstance(text, KeptText) else is_known(text) for text in sample
        ],
    }


_COUNTED = ("missed", "empty", "disliked")


def _window(row: Mapping[str, Any]) -> KeptWindow:
    numbers = {name: row[name] for name in ("days", "asked", "different", *_COUNTED)}
    if any(type(number) is not int or not 0 <= number <= _LARGEST for number in numbers.values()):
        raise ValueError("a number of a window is none")
    if not numbers["days"] or len(row["sample"]) > MOST_QUESTIONS:
        raise ValueError("a window is none")
    firsts = [(str(id), is_clicked is True) for id, is_clicked in row["firsts"]]
    return KeptWindow(
        date.fromisoformat(row["start"]),
        numbers["days"],
        questions=dict.fromkeys(_places(numbers["different"]), ""),
        asked=numbers["asked"],
        missed=_places(numbers["missed"]),
        empty=_places(numbers["empty"]),
        clicked={str(n) for n, (_, is_clicked) in enumerate(firsts) if is_clicked},
        disliked=_places(numbers["disliked"]),
        releases=set(row["releases"]),
        margins={str(n): _number(margin) for n, margin in enumerate(row["margins"])},
        firsts={str(n): id for n, (id, _) in enumerate(firsts)},
        kept=[
            _text(key, is_known) for key, is_known in zip(row["sample"], row["known"], strict=True)
        ],
    )


def _number(value: object) -> float:
    if type(value) not in (int, float) or not isfinite(value):  # type: ignore[arg-type]
        raise ValueError("a margin is no number")
    return float(value)  # type: ignore[arg-type]


def _places(many: int) -> set[str]:
    """So many of something of which only the number is asked."""
    return set(map(str, range(many)))


def _text(key: str, is_known: bool) -> KeptText:
    text = KeptText(key)
    text.is_known = bool(is_known)
    return text
