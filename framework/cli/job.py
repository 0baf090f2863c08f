"""`framework job`: what executors call; people have no need of it."""

import os
import signal
import stat
import threading
from pathlib import Path

import click

from framework.cli.options import debug_option, json_option


@click.command(hidden=True, short_help="Carry a job of an executor out.")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@debug_option
def job(*, file: Path, as_json: bool) -> None:
    """Carry out, or go on with, the job that FILE describes; end when the caller ends."""
    _end_with_parent()
    from framework.application import carry_out_job
    from framework.cli.messages import complain, say, say_json
    from framework.cli.streams import lasting_stdout
    from framework.cli.trial_log import EpochLogBesideTrials

    with lasting_stdout():  # a caller that is gone must not keep us from saving
        record = carry_out_job(
            file, handlers=[EpochLogBesideTrials(say)], announce=say, warn=complain
        )
        if as_json:
            say_json(record.as_json())


def _end_with_parent(stdin: int = 0) -> None:
    """Send ourselves SIGTERM when the other end of stdin is closed, however that happens.

    A stdin that is no pipe, such as /dev/null, says nothing of the caller.
    """
    try:
        is_pipe = stat.S_ISFIFO(os.fstat(stdin).st_mode)
    except OSError:  # there is none
        return
    if is_pipe:
        threading.Thread(target=_wait_for_end_of, args=(stdin,), daemon=True).start()


def _wait_for_end_of(descriptor: int) -> None:
    while os.read(descriptor, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
