"""Here is a command line: give me the verb that sends what waits for the ledger, or moves an alias."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from index_builder.recipe import BuildError
from index_builder.run import OFF, Alias, Run, home, keep, waiting
from index_builder.sending import SAID, send_soon
from release_format.program import USAGE, YES, Parser, say
from release_format.release import KIND
from release_format.seal import is_sealed, write_atomically
from release_format.store import Store

if TYPE_CHECKING:
    from index_builder.ledger import Ledger

REFUSED = "refused"
LAST_SECONDS = 10
# MLflow's own patience would be minutes a request; and it tells its makers about every use unless told not to.
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true", "GIT_PYTHON_REFRESH": "quiet",
}  # fmt: skip


def add_ledger(verbs: Any) -> None:
    """Add the verb `ledger`."""
    parser: Parser = verbs.add_parser(
        "ledger", help="send what waits for MLflow; move an alias", example="python -m index_builder ledger send"
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    send = acts.add_parser(
        "send", help="send what waits, oldest first", example="python -m index_builder ledger send --seconds 60"
    )
    send.set_defaults(run=_send)
    send.add_argument("--seconds", type=int, default=120, help="give up after (default: %(default)s)")
    alias = acts.add_parser(
        "alias", help="let an alias of the registry stand for a release",
        example="python -m index_builder ledger alias stage",
    )  # fmt: skip
    alias.set_defaults(run=_alias)
    alias.add_argument("alias", metavar="ALIAS", help="candidate, stage, prod, or another environment")
    alias.add_argument("release", nargs="?", metavar="RELEASE", help="default: what the channel of that name is at")
    alias.add_argument("--store", metavar="URL", help="a folder or s3://… (default: SEARCHBAR_STORE or var/store)")


def _alias(options: Namespace) -> int:
    path = Store.at(options.store).path(KIND, options.release or options.alias)
    keep(Alias(options.alias, path.absolute()))
    send_soon()
    return YES


def _send(options: Namespace) -> int:
    folder = home()
    if folder is None:
        raise BuildError(f"the ledger is off (SEARCHBAR_LEDGER={OFF}). Unset that to send.", USAGE)
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    try:
        with _no_longer_than(options.seconds), (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = _send_all(folder)
    except _LateError:
        said = f"MLflow took longer than {options.seconds} s. What is left waits in {folder}: send it again."
    if not said:
        (folder / SAID).unlink(missing_ok=True)
        return YES
    write_atomically(folder / SAID, said + "\n")
    raise BuildError(f"ledger: {said}")


def _send_all(folder: Path) -> str:
    """Send one after the other; returns why it stopped, or nothing when all is sent."""
    if not (records := list(waiting(folder))):
        return ""
    try:
        from index_builder.ledger import Ledger, reason, refuses
    except ImportError as error:
        return f"mlflow cannot be imported ({error}). Run `make ledger`, which installs it."
    try:
        ledger = Ledger.at(folder)
        for kept, record in records:
            try:
                _send_one(ledger, record)
                shutil.rmtree(kept)
            except Exception as error:
                if not refuses(error):
                    raise
                # It would be refused every time, and must not hold up the others.
                say(f"ledger: MLflow refuses {kept.name} ({reason(error)}). Look at it in {folder / REFUSED}.")
                (folder / REFUSED).mkdir(exist_ok=True)
                kept.rename(folder / REFUSED / kept.name)
    except Exception as error:
        return (
            f"MLflow did not take it ({reason(error)}). What is left waits in {folder}: mend that, then send again."
        )
    return ""


def _send_one(ledger: Ledger, record: Run | Alias) -> None:
    if isinstance(record, Alias) and not is_sealed(record.release):
        say(f"ledger: {record.alias} cannot stand for {record.release}, which is gone. It is left as it was.")
        return
    ledger.send(record)


class _LateError(BaseException):
    """Time is up; nothing on the way may take it for an error of its own."""


@contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    def late(*_: object) -> NoReturn:
        # Should something not let go of the process even then, the next signal ends it.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LAST_SECONDS)
        raise _LateError

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGALRM) is late:
            signal.alarm(0)
