"""Let processes fight for one lock, again and again, and kill whoever wins.

    python tests/faults/lock_rounds.py FOLDER NUM_ROUNDS NUM_STARTERS

All starters of a round are forks of one process that imports no torch, and begin at the same word.
Writes one JSON document to stdout: of each round how many won, the exit codes of the others, the
longest that one of them took to be refused, their messages, and how long the lock took to be
another's after its holder was killed.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from framework.errors import RunLockedError
from framework.storage import exclusive_lock, this_process

NEVER_BORN = 2**22 + 1  # beyond the largest number of a process


def compete(lock: Path, start: int, result: int) -> None:
    """Wait for the word, try once, tell what came of it; hold the lock until killed."""
    os.read(start, 1)
    begun = time.monotonic()
    try:
        with exclusive_lock(lock):
            os.write(result, b'{"won": true}\n')
            signal.pause()
    except RunLockedError as error:
        seconds = time.monotonic() - begun
        told = {"won": False, "code": error.exit_code, "seconds": seconds, "words": str(error)}
        os.write(result, json.dumps(told).encode() + b"\n")


def fork_competitor(lock: Path, start: int, result: int) -> int:
    if (pid := os.fork()) == 0:
        try:
            compete(lock, start, result)
        finally:
            os._exit(0)
    return pid


def round_on(lock: Path, num_starters: int) -> Mapping[str, Any]:
    """All start together; then the winner is killed, and the lock taken over."""
    (start, give_start), (result, tell) = os.pipe(), os.pipe()
    pids = [fork_competitor(lock, start, tell) for _ in range(num_starters)]
    os.write(give_start, b"g" * num_starters)
    with os.fdopen(result, encoding="utf-8") as told:
        results = [json.loads(told.readline()) for _ in pids]
        holder = json.loads(lock.read_text(encoding="utf-8"))
        losers = [each for each in results if not each["won"]]
        begun = time.monotonic()
        if holder["pid"] in pids:
            os.kill(holder["pid"], signal.SIGKILL)
        while not _is_taken(lock) and time.monotonic() < begun + 10:
            time.sleep(0.0005)
        seconds = time.monotonic() - begun
        for each in pids:
            os.waitpid(each, 0)
    for descriptor in (start, give_start, tell):
        os.close(descriptor)
    return {
        "num_winners": len(results) - len(losers),
        "is_holder_one_of_them": holder["pid"] in pids,
        "is_boot_this": holder["boot_id"] == this_process()["boot_id"],
        "codes": [each["code"] for each in losers],
        "refusal_seconds": max((each["seconds"] for each in losers), default=0.0),
        "words": [each["words"] for each in losers],
        "holder": holder["pid"],
        "takeover_seconds": seconds,
    }


def _is_taken(lock: Path) -> bool:
    try:
        with exclusive_lock(lock):
            return True
    except RunLockedError:
        return False


def document(folder: Path, num_rounds: int, num_starters: int) -> Mapping[str, Any]:
    """What came of each round; each begins with what another dead holder has left."""
    lock = folder / "run.lock"
    remains = [
        "",
        json.dumps(this_process() | {"pid": NEVER_BORN}),
        json.dumps({"pid": os.getpid(), "host": "another", "boot_id": "another"}),
        '{"pid": 12',
    ]
    rounds = []
    for number in range(num_rounds):
        lock.write_text(remains[number % len(remains)], encoding="utf-8")
        rounds.append(round_on(lock, num_starters))
    return {"rounds": rounds, "imported_torch": "torch" in sys.modules}


if __name__ == "__main__":
    found = document(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
