"""Delivery of the ledger's outbox to MLflow, by one process at a time and within a time limit."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from index_builder.tracking.mlflow_client import Ledger, reason, refuses
from index_builder.tracking.run import Alias, Run, waiting_records
from index_builder.tracking.sender import LAST_ERROR
from release_format.progress import say
from release_format.seal import is_sealed, write_atomically

REFUSED = "refused"
LAST_SECONDS = 10
# MLflow's own patience would be minutes a request; and it tells its makers about every use unless
# told not to.
SETTINGS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


def deliver(folder: Path, seconds: int) -> str:
    """Send what waits, oldest first; returns why it stopped, or nothing when all is sent.

    The reason also lies in the folder, for the next build to show.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        with _time_limit(seconds), (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            error = _send_all(folder)
    except _LateError:
        error = (
            f"MLflow took longer than {seconds} s. What is left waits in {folder}: send it again."
        )
    if error:
        write_atomically(folder / LAST_ERROR, error + "\n")
    else:
        (folder / LAST_ERROR).unlink(missing_ok=True)
    return error


def _send_all(folder: Path) -> str:
    """Send one after the other; returns why it stopped, or nothing when all is sent."""
    if not (records := list(waiting_records(folder))):
        return ""
    try:
        ledger = Ledger.at(folder)
        for entry, record in records:
            try:
                _send(ledger, record)
                shutil.rmtree(entry)
            except Exception as error:
                if not refuses(error):
                    raise
                _set_aside(folder, entry, error)
    except ImportError as error:
        return f"mlflow cannot be imported ({error}). Run `make ledger`, which installs it."
    except Exception as error:
        return (
            f"MLflow did not take it ({reason(error)}). What is left waits in {folder}: mend that,"
            " then send again."
        )
    return ""


def _set_aside(folder: Path, entry: Path, error: Exception) -> None:
    """It would be refused every time, and must not hold up the others."""
    say(f"ledger: MLflow refuses {entry.name} ({reason(error)}). Look at it in {folder / REFUSED}.")
    (folder / REFUSED).mkdir(exist_ok=True)
    entry.rename(folder / REFUSED / entry.name)


def _send(ledger: Ledger, record: Run | Alias) -> None:
    if isinstance(record, Alias) and not is_sealed(record.release):
        say(
            f"ledger: {record.alias} cannot stand for {record.release}, which is gone. It is left"
            " as it was."
        )
        return
    ledger.send(record)


class _LateError(BaseException):
    """Time is up; nothing on the way may take it for an error of its own."""


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
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
