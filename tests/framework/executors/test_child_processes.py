"""A job's file is the script that its process executes."""

import os
import threading

from framework.executors.child_processes import ChildProcesses


def test_child_is_told_its_threads_and_what_else_it_is_to_know(script):
    job = script("a", 'echo "$OPENBLAS_NUM_THREADS $WORD $HOME"')
    lines = []
    children = ChildProcesses(3, lines.append, lambda: False, {"WORD": "known"})
    assert children.carry_out(job).exit_code == 0
    assert lines == [f"a  3 known {os.environ['HOME']}"]


def test_no_child_is_begun_once_the_end_is_asked_for(script):
    lines = []
    children = ChildProcesses(1, lines.append, lambda: True)
    assert children.carry_out(script("a", "echo begun; exit 3")).exit_code == 0
    assert lines == []


def test_children_that_do_not_listen_are_killed(script):
    begun = threading.Event()
    children = ChildProcesses(1, lambda _line: begun.set(), begun.is_set)
    job = script("a", "trap '' TERM; echo begun; exec sleep 30")
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(children.carry_out(job)))
    thread.start()
    assert begun.wait(30)
    children.terminate()
    children.kill()
    thread.join(30)
    assert outcomes[0].exit_code == -9
