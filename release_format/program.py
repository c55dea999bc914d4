"""Here is a program's main function: give me its exit code, its help, its progress and its run log."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from release_format.redaction import forget_secrets, know_secrets_of, redacted

YES, NO, USAGE, COULD_NOT_TELL = 0, 1, 2, 3
EXIT_CODES = "exit codes: 0 yes · 1 a gate said no · 2 wrong usage or bad configuration · 3 could not tell"

# Where a program is told a catalogue's address that holds a secret: no process list shows it there.
SOURCE = "SEARCHBAR_SOURCE"

T = TypeVar("T")


class ProgramError(Exception):
    """Text for the console that ends with what to do, secrets left out; `exit_code` says whose move it is.

    Each package derives its one error class from this.
    """

    exit_code: int = COULD_NOT_TELL

    def __init__(self, text: str, exit_code: int | None = None) -> None:
        super().__init__(redacted(text))
        if exit_code is not None:
            self.exit_code = exit_code


class UsageError(ProgramError):
    """The caller must change the command line or a configuration file."""

    exit_code = USAGE


class Parser(argparse.ArgumentParser):
    """An argument parser whose help shows an example and whose errors end with what to do."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("epilog", f"example:\n  {example}\n\n{EXIT_CODES}" if example else EXIT_CODES)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}. See `{self.prog} --help`.\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(redacted(message), file)


def run_id() -> str:
    """The id that goes through the whole line: taken from SEARCHBAR_RUN, or made here and handed to children."""
    return os.environ.setdefault("SEARCHBAR_RUN", uuid.uuid4().hex[:12])


class RunLog:
    """JSON lines about one run, appended to `$SEARCHBAR_LOG` (default var/log/<program>.jsonl).

    A log that cannot be written never stops the program: what it says is also on the console.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self.path = Path(os.environ.get("SEARCHBAR_LOG") or f"var/log/{program}.jsonl")

    def write(self, event: str, **fields: Any) -> None:
        line = {"at": now(), "run": run_id(), "program": self.program, "event": event, **_without_secrets(fields)}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        except OSError:
            pass


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_secrets(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else redacted(str(value))


def now() -> str:
    """This moment as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_program(program: str, main: Callable[[Sequence[str]], int], arguments: Sequence[str] | None = None) -> int:
    """Run `main` and turn every ending into a promised exit code; nothing escapes as a traceback on the console.

    The traceback of an unexpected error goes to the run log; with SEARCHBAR_DEBUG set it is printed too.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    forget_secrets()
    know_secrets_of(*given, os.environ.get(SOURCE, ""))
    log, started = RunLog(program), time.monotonic()
    log.write("start", arguments=given[:1])
    code, error = _outcome(program, main, given, log)
    log.write("end", exit_code=code, seconds=round(time.monotonic() - started, 3), error=error)
    return code


def _outcome(
    program: str, main: Callable[[Sequence[str]], int], given: Sequence[str], log: RunLog
) -> tuple[int, str | None]:
    try:
        return main(given), None
    except ProgramError as error:
        say(f"{program}: {error}")
        return error.exit_code, str(error)
    except KeyboardInterrupt:
        say(f"{program}: interrupted; nothing half-done was kept. Run it again to go on.")
        return 130, "interrupted"
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT_TELL, "broken pipe"
    except Exception as error:
        log.write("traceback", text=traceback.format_exc())
        if os.environ.get("SEARCHBAR_DEBUG"):
            say(traceback.format_exc())
        say(f"{program}: {_unexpected(error)} The details are in {log.path}; SEARCHBAR_DEBUG=1 prints them.")
        return COULD_NOT_TELL, repr(error)


def _unexpected(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == 28:
        return "the disk is full; nothing half-written was kept. Free some space and run it again."
    return f"could not tell, because of {type(error).__name__}: {error}."


def say(text: str) -> None:
    """One line for the person at the console (standard error, so that standard output stays the answer)."""
    print(redacted(text), file=sys.stderr, flush=True)


def progress(steps: Iterable[T], total: int, title: str) -> Iterator[T]:
    """Yield the steps, showing how far it is and the time left: a bar on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty():
        yield from _bar(steps, total, title)
        return
    started = told = time.monotonic()
    done = 0
    for step in steps:
        yield step
        done += 1
        if (moment := time.monotonic()) - told >= 10 and done > total // 1000:
            told, left = moment, (moment - started) / done * (total - done)
            say(f"{title}: {done:,} of {total:,}, about {_clock(left)} left")
    say(f"{title}: {done:,} done in {_clock(time.monotonic() - started)}")


def _bar(steps: Iterable[T], total: int, title: str) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield from bar.track(steps, total=total, description=title)


def _clock(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
