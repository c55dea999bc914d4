"""Command lines: verbs that are imported when they are typed, help, and exit codes."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn

from release_format.config.line import LineSettings
from release_format.config.registry import check_environment, settings_unchecked
from release_format.exit_codes import COULD_NOT_TELL, EXIT_CODES, USAGE, YES, ProgramError
from release_format.progress import console_width, printable, say, wrapped
from release_format.run_log import RunLog
from release_format.secrets.redaction import forget_secrets, know_secrets_of, redacted
from release_format.system.console import leave_closed_pipes, write_any_text
from release_format.version import version


class Parser(argparse.ArgumentParser):
    """An argument parser whose help shows an example and whose errors end with what to do."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault(
            "epilog", f"example:\n  {example}\n\n{EXIT_CODES}" if example else EXIT_CODES
        )
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}. See `{self.prog} --help`.\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        width = console_width(file or sys.stderr)
        super()._print_message(wrapped(printable(redacted(message)), width), file)


class TellVersion(argparse.Action):
    """`--version`: the program's name and version, looked up only where it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(f"{parser.prog.removeprefix('python -m ')} {version()}")
        parser.exit()


def add_version(parser: Parser) -> None:
    """Add `--version` to a program's own parser."""
    parser.add_argument("--version", action=TellVersion, nargs=0, help="print the version")


@dataclass(frozen=True)
class Program:
    """A program whose verbs are the modules of its package `commands`.

    Only the verb that was typed is imported, so that `--help` and a small verb wait for no library
    of a large one. Such a module has `EXAMPLE` (a line to type), `add_arguments(parser)` and
    `run(options)`, which returns an exit code; its docstring is the verb's description.
    """

    package: str
    description: str
    # One line for each verb, as `--help` lists them.
    verbs: Mapping[str, str]
    # Verbs that go on whatever the environment says.
    lenient: Collection[str] = ()

    def main(self, arguments: Sequence[str], command: str = "") -> int:
        """Run the verb that `arguments` begin with; `command` is what was typed before it."""
        prog = command or f"python -m {self.package}"
        parser = Parser(prog=prog, description=self.description)
        add_version(parser)
        subparsers = parser.add_subparsers(required=True, metavar="VERB")
        typed = arguments[0] if arguments else ""
        for verb, sentence in self.verbs.items():
            if verb == typed:
                self._add(subparsers, verb)
            else:
                subparsers.add_parser(verb, help=sentence)
        options = parser.parse_args(arguments)
        if typed not in self.lenient:
            check_environment()
        code: int = options.run(options)
        return code

    def _add(self, subparsers: argparse._SubParsersAction[Parser], verb: str) -> None:
        command = import_module(f"{self.package}.commands.{verb.replace('-', '_')}")
        parser = subparsers.add_parser(
            verb, help=self.verbs[verb], description=command.__doc__, example=command.EXAMPLE
        )
        parser.set_defaults(run=command.run)
        command.add_arguments(parser)


def run_program(
    program: str, main: Callable[[Sequence[str]], int], arguments: Sequence[str] | None = None
) -> int:
    """Run `main` and turn every ending into a promised exit code.

    No traceback escapes to the console: that of an unexpected error goes to the run log, and is
    printed only with SEARCHBAR_DEBUG set.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    write_any_text()
    forget_secrets()
    know_secrets_of(*arguments, settings_unchecked(LineSettings).source.reveal())
    log, started = RunLog(program), time.monotonic()
    log.write("start", arguments=arguments[:1])
    code, error = _outcome(program, main, arguments, log)
    seconds = round(time.monotonic() - started, 3)
    log.write("end", verb=arguments[:1], exit_code=code, seconds=seconds, error=error)
    leave_closed_pipes()
    return code


def _outcome(
    program: str, main: Callable[[Sequence[str]], int], arguments: Sequence[str], log: RunLog
) -> tuple[int, str | None]:
    try:
        return _written(main, arguments), None
    except ProgramError as error:
        say(f"{program}: {error}")
        return error.exit_code, str(error)
    except KeyboardInterrupt:
        say(f"{program}: interrupted; nothing half-done was kept. Run it again to go on.")
        return 130, "interrupted"
    except BrokenPipeError:
        return COULD_NOT_TELL, "broken pipe"
    except Exception as error:
        log.write("traceback", text=traceback.format_exc())
        if settings_unchecked(LineSettings).debug:
            say(traceback.format_exc())
        say(
            f"{program}: {_unexpected(error)} The details are in {log.path}; SEARCHBAR_DEBUG=1"
            " prints them."
        )
        return COULD_NOT_TELL, repr(error)


def _written(main: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """The exit code of `main`, once all that it printed is written: a reader that has left is
    noticed here, and not when Python ends."""
    try:
        code = main(arguments)
    except SystemExit as ended:  # the parser's: help, or wrong usage, which it has told
        code = int(ended.code or YES)
    if sys.stdout is not None:
        sys.stdout.flush()
    return code


def _unexpected(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == 28:
        return "the disk is full; nothing half-written was kept. Free some space and run it again."
    if isinstance(error, PermissionError) and error.filename is not None:
        return (
            f"{error.filename} may not be read or written here ({error.strerror}). Give this user"
            " leave, or name another place."
        )
    if isinstance(error, ModuleNotFoundError):
        return (
            f"{error.name} is not installed in this Python ({sys.executable}). Run it with"
            " .venv/bin/python (`make setup` makes that), or install the extra of this program"
            " (serve, check, build, deploy), such as `pip install .[serve]`."
        )
    return f"could not tell, because of {type(error).__name__}: {error}."
