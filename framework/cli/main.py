"""The command `framework`, and the exit code of everything that can happen in it."""

import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click
from click.exceptions import Exit, NoArgsIsHelpError

from framework.cli.apply import apply
from framework.cli.check import check
from framework.cli.components import components
from framework.cli.crashes import crash_fault
from framework.cli.doctor import doctor
from framework.cli.export import export
from framework.cli.job import job
from framework.cli.messages import report
from framework.cli.recipes import recipes
from framework.cli.report import write_report
from framework.cli.run import run
from framework.cli.runs import runs
from framework.cli.schema import schema
from framework.cli.search import search
from framework.cli.streams import discard_output, is_broken, prepare_streams
from framework.errors import Fault, FrameworkError, StorageError
from framework.storage import storage_faults

_FAULTS_OF_PLACES = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.ENOSPC, errno.EDQUOT),
}
_INTERRUPTED = 130
_TERMINATED = 143
_READER_GONE = 141  # what a shell shows of a command that dies of SIGPIPE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ignite-framework", message="%(prog)s %(version)s")
def cli() -> None:
    """Representation learning on images: from a recipe to a finished run."""


for command in (
    run,
    check,
    runs,
    write_report,
    recipes,
    components,
    apply,
    export,
    job,
    schema,
    search,
    doctor,
):
    cli.add_command(command)


class Terminated(KeyboardInterrupt):
    """SIGTERM came while there was nothing to save; no fence around plugins may swallow it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line, without the program's name; answer its exit code."""
    prepare_streams()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _invoke(words)
    except Exit as request:
        return request.exit_code
    except NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except BaseException as error:
        if isinstance(error, BrokenPipeError) and is_broken(sys.stdout):
            discard_output(sys.stdout)
            return _READER_GONE
        if "--debug" in words:
            traceback.print_exception(error)
        faults, exit_code = _explained(error, words)
        report(faults, as_json="--json" in words)
        return exit_code
    return 0


def _terminate(number: int, frame: object) -> NoReturn:  # noqa: ARG001  as signals call it
    raise Terminated


def _invoke(words: list[str]) -> None:
    # click's own main turns EOFError and Ctrl-C into "Aborted!" and a closed pipe into exit 1
    with cli.make_context("framework", [*words]) as context:
        cli.invoke(context)
    sys.stdout.flush()


def _explained(error: BaseException, words: Sequence[str]) -> tuple[Sequence[Fault], int]:
    if isinstance(error, FrameworkError):
        return error.faults, error.exit_code
    if isinstance(error, click.UsageError):
        return [_usage_fault(error)], error.exit_code
    if isinstance(error, OSError) and error.errno in _FAULTS_OF_PLACES and error.filename:
        return _place_faults(error), StorageError.exit_code
    if isinstance(error, KeyboardInterrupt):
        exit_code = _TERMINATED if isinstance(error, Terminated) else _INTERRUPTED
        return [Fault("I002", "stopped at once; what was saved before is intact")], exit_code
    return [crash_fault(error, words)], FrameworkError.exit_code


def _place_faults(error: OSError) -> Sequence[Fault]:
    """What is wrong with a file or folder that a user has named, or that runs are kept in."""
    try:
        with storage_faults(Path(os.fsdecode(error.filename))):
            raise error
    except StorageError as told:
        return told.faults


def _usage_fault(error: click.UsageError) -> Fault:
    message, _, suggestion = error.format_message().rstrip(".").partition(". ")
    command = "framework" if error.ctx is None else error.ctx.command_path
    hint = suggestion.strip("()") or f"see {command} --help"
    return Fault("U001", _uncapitalised(message), hint=_uncapitalised(hint))


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]
