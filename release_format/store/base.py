"""Store: sealed directories, records and channels under names; folder and bucket derive from it."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from release_format.exit_codes import USAGE
from release_format.listing import listed
from release_format.run_log import now
from release_format.seal import (
    MANIFEST,
    FormatError,
    Manifest,
    check_seal,
    is_sealed,
    link_or_copy,
    read_manifest,
)
from release_format.untrusted_json import parse_json

LATEST = "latest"
SHORTEST_PREFIX = 6
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_PREFIX = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")


@dataclass(frozen=True)
class Channel:
    """What one environment's hosts were last switched to.

    `number` counts the changes of this channel from 1; `hold` lists releases that a rollback left
    for good reason; `certificate` is the digest of the rollout's record.
    """

    name: str
    number: int
    release: str
    image: str
    since: str
    hold: Sequence[str] = ()
    certificate: str = ""


class Store(ABC):
    """Where sealed directories, records and channels are kept; each is whole or missing."""

    @abstractmethod
    def ids(self, kind: str) -> list[str]:
        """The ids of every sealed directory of a kind ("snapshot", "release"), oldest first."""

    @abstractmethod
    def staging(self, kind: str) -> contextlib.AbstractContextManager[Path]:
        """A directory to write and seal in; a block that ends well keeps it under its id."""

    @abstractmethod
    def remove(self, kind: str, id: str) -> None:
        """Take a sealed directory out of the store.

        Killed at any moment, it is whole or not there.
        """

    @abstractmethod
    def sweep(self, seconds: float = 86_400.0) -> int:
        """Remove what no seal names and nobody has written to for so long: drafts, and in a bucket
        the files of what was removed. Returns how many went.

        Raises:
            FormatError: a seal cannot be read, or somebody else sweeps this store.
        """

    @abstractmethod
    def _local(self, kind: str, id: str) -> Path:
        """Where the sealed directory with this id lies on this machine, fetched if need be."""

    @abstractmethod
    def _read(self, name: str) -> bytes | None: ...

    @abstractmethod
    def _create(self, name: str, text: str) -> bool:
        """Write a small file unless it exists; False when it does."""

    @abstractmethod
    def _write(self, name: str, text: str) -> None: ...

    @abstractmethod
    def _names(self, folder: str) -> list[str]: ...

    def put(self, directory: Path) -> str:
        """Keep a sealed directory (checked first); the first sealed copy of an id wins.

        Returns the id.
        """
        manifest = check_seal(directory)
        if manifest.id in self.ids(manifest.kind):
            return manifest.id
        with self.staging(manifest.kind) as copy:
            for name in manifest.files:
                link_or_copy(directory / name, copy / name)
            shutil.copyfile(directory / MANIFEST, copy / MANIFEST)
            (copy / MANIFEST).chmod(0o644)
        return manifest.id

    def path(self, kind: str, name: str) -> Path:
        """The sealed directory that a person means.

        `name` is an id, a prefix of one, `latest`, a path, or a channel's name.

        Raises:
            FormatError: nothing, or more than one thing, goes by that name.
        """
        if is_sealed(Path(name)):
            return self._of_kind(Path(name), kind)
        return self._local(kind, self.resolve(kind, name))

    def resolve(self, kind: str, name: str) -> str:
        """The id that a person means (see `path`)."""
        if name == LATEST and (ids := self.ids(kind)):
            return ids[-1]
        if _NAME.fullmatch(name) and (channel := self.channel(name)):
            return self._snapshot_of(channel.release) if kind == "snapshot" else channel.release
        if not _PREFIX.fullmatch(name):
            raise FormatError(f"no {kind} is called {name!r}. {self._offer(kind)}", USAGE)
        matches = [id for id in self.ids(kind) if id.startswith(name)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise FormatError(
                f"{len(matches)} {kind}s begin with {name!r}. Give more of the id.", USAGE
            )
        raise FormatError(f"no {kind} begins with {name!r}. {self._offer(kind)}", USAGE)

    def manifest(self, kind: str, id: str) -> Manifest:
        """The manifest of a sealed directory, of which nothing else is fetched.

        Raises:
            FormatError: it is not in the store, or cannot be read.
        """
        where = f"{kind}s/{id}/{MANIFEST}"
        if (text := self._read(where)) is None:
            raise FormatError(f"{kind} {id[:12]} is not in the store. {self._offer(kind)}", USAGE)
        return Manifest.from_json(text, f"{where} in the store")

    def _offer(self, kind: str) -> str:
        known = listed([id[:12] for id in reversed(self.ids(kind))], 3)
        verb = "admit" if kind == "snapshot" else "build"
        return f"There are: {known}." if known else f"There is none yet: run `make {verb}` first."

    def _snapshot_of(self, release: str) -> str:
        return str(read_manifest(self._local("release", release)).made_from["snapshot"])

    @staticmethod
    def _of_kind(path: Path, kind: str) -> Path:
        if (actual := read_manifest(path).kind) != kind:
            raise FormatError(f"{path} is a {actual}. Give a {kind} here.", USAGE)
        return path

    def channel(self, name: str) -> Channel | None:
        """What this environment was last switched to, or None before its first rollout."""
        changes = self.channel_changes(name)
        return self._change(name, changes[-1]) if changes else None

    def channels(self) -> list[str]:
        """The names of all environments that something was rolled out to."""
        return sorted(name for name in self._names("channels") if _NAME.fullmatch(name))

    def channel_changes(self, name: str) -> list[int]:
        """The numbers of all changes of a channel, oldest first."""
        _check_name(name)
        return sorted(
            int(n.removesuffix(".json")) for n in self._names(f"channels/{name}") if n[:1].isdigit()
        )

    def channel_at(self, name: str, number: int) -> Channel:
        """What a channel was after its n-th change."""
        return self._change(_check_name(name), number)

    def _change(self, name: str, number: int) -> Channel:
        where = f"channels/{name}/{number:08}.json"
        try:
            return _channel_of(parse_json(self._read(where) or b""))
        except (ValueError, TypeError) as error:
            raise FormatError(
                f"{where} in the store cannot be read ({error}). Restore it from a copy."
            ) from error

    def switch_channel(
        self,
        name: str,
        *,
        release: str,
        image: str,
        certificate: str = "",
        hold: Sequence[str] | None = None,
        after: int | None = None,
    ) -> Channel:
        """Write down that an environment's hosts were switched; every change stays readable.

        `after` is the number of the change that the caller saw; `hold=None` keeps the held
        releases.

        Raises:
            FormatError: somebody else changed the channel in between.
        """
        current = self.channel(name)
        number = current.number if current else 0
        if hold is None:
            hold = current.hold if current else ()
        new = Channel(name, number + 1, release, image, now(), tuple(hold), certificate)
        is_stale = after is not None and after != number
        if is_stale or not self._create(
            f"channels/{name}/{new.number:08}.json", json.dumps(asdict(new), indent=1)
        ):
            raise FormatError(
                f"the channel {name!r} was changed by somebody else. Look at `make status`, then"
                " try again."
            )
        return new

    def hold(self, name: str, release: str, *, held: bool = True) -> Channel:
        """Hold a release (no rollout may bring it to this channel), or free it by name."""
        current = self.channel(name)
        if current is None:
            raise FormatError(
                f"nothing was ever rolled out to {name!r}. Roll out there before you hold.", USAGE
            )
        releases = [id for id in current.hold if id != release]
        return self.switch_channel(
            name,
            release=current.release,
            image=current.image,
            certificate=current.certificate,
            hold=[*releases, release] if held else releases,
            after=current.number,
        )

    def put_record(self, kind: str, name: str, text: str) -> None:
        """Keep a verdict, certificate or journal under its kind ("pair", …) and a name."""
        self._write(f"records/{_check_name(kind)}/{_check_name(name)}.json", text)

    def create_record(self, kind: str, name: str, text: str) -> bool:
        """Keep a record unless there is one of that name already; whether it was kept."""
        return self._create(f"records/{_check_name(kind)}/{_check_name(name)}.json", text)

    def record(self, kind: str, name: str) -> str | None:
        """The text of a record, or None."""
        content = self._read(f"records/{_check_name(kind)}/{_check_name(name)}.json")
        return None if content is None else content.decode("utf-8")

    def records(self, kind: str) -> list[str]:
        """The names of all records of a kind."""
        return sorted(n.removesuffix(".json") for n in self._names(f"records/{_check_name(kind)}"))


def _channel_of(raw: object) -> Channel:
    """A change of a channel as it was written down.

    Raises:
        ValueError: something in it is not what it should be.
        TypeError: it is no object, a field is missing, or is none of a channel's.
    """
    if not isinstance(raw, dict):
        raise TypeError("it is no object")
    channel = Channel(**raw)
    texts = [channel.name, channel.release, channel.image, channel.since, channel.certificate]
    is_list = isinstance(channel.hold, list | tuple)
    if not is_list or not all(isinstance(text, str) for text in [*texts, *channel.hold]):
        raise ValueError("a text in it is none")
    if type(channel.number) is not int:
        raise ValueError("its number is none")
    return channel


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name) or ".." in name:
        raise FormatError(
            f"{name!r} is not a name: use letters, digits, dots, dashes and underscores.", USAGE
        )
    return name
