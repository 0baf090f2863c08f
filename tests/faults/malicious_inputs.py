"""Read what an attacker could hand over; nothing of it may be executed.

    python tests/faults/malicious_inputs.py FOLDER NUM_RUNS

Files that stand in the place of a checkpoint are loaded, recipes are checked, and so many of them
given to `framework run`, as they are and by way of others. Writes one JSON document to stdout: the
outcome for each, and every event by which the process would have run a program, imported code or
changed a file meanwhile.
"""

import io
import json
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from malicious_files import malicious_files
from malicious_recipes import CANARY_MODULE, HARMLESS, attacks, recipe

from framework.application import check
from framework.cli.main import main as framework_command
from framework.errors import FrameworkError
from framework.runs.directory import RunDirectory
from framework.runs.records import CheckpointEntry
from framework.storage import sha256_of

PLUGIN = Path(__file__).parents[1] / "support" / "tiny_images.py"
RUNNING = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "ctypes.")
CHANGING = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod")
FORBIDDEN = (*RUNNING, *CHANGING, "os.truncate", "shutil.", "socket.connect", "sqlite3.connect")
MEMORY_BYTES = 4 << 30


class Watch:
    """Notes what must not happen while it is open."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._is_open = False
        sys.addaudithook(self._note)

    @contextmanager
    def open(self) -> Iterator[None]:
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False

    def _note(self, event: str, given: tuple[Any, ...]) -> None:
        if not self._is_open:
            return
        is_writing = event == "open" and isinstance(given[2], int) and given[2] & os.O_ACCMODE
        is_importing = event == "import" and str(given[0]).startswith(CANARY_MODULE)
        is_compiling = event == "compile" and "canary" in str(given[0])
        if event.startswith(FORBIDDEN) or is_writing or is_importing or is_compiling:
            self.events.append(f"{event} {given}")


def outcome_of(load: Callable[[], Any]) -> dict[str, Any]:
    """What came of it: exit code, identifiers and words of a refusal, or what came instead."""
    try:
        answer = load()
    except FrameworkError as error:
        identifiers = " ".join(fault.identifier for fault in error.faults)
        return {"exit_code": error.exit_code, "identifiers": identifiers, "words": str(error)}
    except BaseException as error:  # noqa: BLE001  whatever it is, it is to be told
        return {"raised": f"{type(error).__name__}: {error}"}
    return {"answer": type(answer).__name__}


def outcomes_of_files(folder: Path, watch: Watch) -> dict[str, Any]:
    """What comes of each file in the place of a checkpoint."""
    files = malicious_files(folder / "canary")
    store = RunDirectory.create(folder / "run", texts={}, meta={})
    checkpoint = store.path / "checkpoints" / "000001.pt"
    outcomes = {}
    for name, data in files.items():
        checkpoint.write_bytes(data)
        entry = CheckpointEntry(
            checkpoint.relative_to(store.path).as_posix(), sha256_of(data), 1, 1
        )
        store.update(checkpoint=entry)  # an attacker knows how to write a digest
        with watch.open():
            outcomes[name] = outcome_of(lambda: store.load(lambda _: None))
    return outcomes


def outcomes_of_recipes(folder: Path, watch: Watch) -> dict[str, Any]:
    """What comes of checking each recipe, and what should have."""
    file = folder / "recipe.yaml"
    sys.path.append(str(folder))
    (folder / f"{CANARY_MODULE}.py").write_text("class Canary:\n    pass\n", encoding="utf-8")
    file.write_text(recipe(), encoding="utf-8")
    check(file, plugins=[PLUGIN])  # what it imports is imported now
    found = {}
    for name, attack in attacks(folder, folder / "canary").items():
        file.write_text(attack.text, encoding="utf-8")
        act = partial(check, file, overrides=attack.overrides, plugins=[PLUGIN])
        with watch.open():
            outcome = outcome_of(act)
        found[name] = outcome | {"expected": attack.answer}
    return found


def outcomes_of_runs(folder: Path, watch: Watch, num_runs: int) -> dict[str, list[int]]:
    """The exit codes of recipes that are run: alone, extended, and for a network of theirs."""
    harmful = {n: a for n, a in attacks(folder, folder / "canary").items() if a.answer != HARMLESS}
    names = random.Random(7).sample(sorted(harmful), min(num_runs, len(harmful)))  # noqa: S311
    files = {name: folder / f"{name}.yaml" for name in ("recipe", "extending", "inheriting")}
    origin = "{encoder: {from: recipe.yaml}, decoder: linear_decoder}"
    files["extending"].write_text("extends: recipe.yaml\n", encoding="utf-8")
    files["inheriting"].write_text(recipe(networks=origin), encoding="utf-8")
    options = ["--plugin", str(PLUGIN), "--runs-dir", str(folder / "runs")]
    found = {}
    for name in names:
        attack, codes = harmful[name], []
        files["recipe"].write_text(attack.text, encoding="utf-8")
        for way, file in files.items():
            if way == "inheriting" and attack.overrides:
                continue  # they would be for another recipe
            with watch.open(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                codes.append(framework_command(["run", str(file), *attack.overrides, *options]))
        found[name] = codes
    return found


def document(folder: Path, num_runs: int) -> Mapping[str, Any]:
    """All that came of it."""
    watch = Watch()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    return {
        "recipes": outcomes_of_recipes(folder, watch),
        "runs": outcomes_of_runs(folder, watch, num_runs),
        "files": outcomes_of_files(folder, watch),
        "events": watch.events,
        "is_canary_dead": (folder / "canary").exists(),
        "has_run": (folder / "runs").exists(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(Path(sys.argv[1]), int(sys.argv[2])), indent=2) + "\n")
