"""A fence around the code of plugins: whatever they raise becomes one explained error."""

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path
from typing import Any

from framework.errors import Fault, PluginError

UNUSABLE_CODE = "P001"

_HERE = Path(__file__).parent
_CALLERS = {"importlib", "importlib_metadata", "pluggy", "jaxtyping"}


@contextmanager
def plugin_code(label: str, failure: str) -> Iterator[None]:
    """Turn whatever the code inside raises into a `PluginError` that says where and why.

    Args:
        label: whose code it is, such as `plugin 'extra' of extra-losses 1.0`.
        failure: what did not work if it raises, such as `cannot be imported`.

    Raises:
        PluginError: the code inside raised anything, `SystemExit` too, but `KeyboardInterrupt`.
    """
    try:
        yield
    except (KeyboardInterrupt, PluginError):
        raise
    except BaseException as error:
        reason = f"{failure} ({type(error).__name__}: {error})"
        raise PluginError(Fault(UNUSABLE_CODE, reason, label, place_of_error(error))) from error


def place_of_error(error: BaseException) -> str | None:
    """The deepest line of a plugin in an error's traceback, as `file:line`."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = [(Path(f.filename), f.lineno) for f in traceback.extract_tb(error.__traceback__)]
    own = list(dropwhile(lambda frame: _is_machinery(frame[0]), frames))
    if not own:
        return None
    entry = own[0][0]
    home = entry.parent if (entry.parent / "__init__.py").exists() else entry
    file, line = [frame for frame in own if home in {frame[0], *frame[0].parents}][-1]
    return f"{file}:{line}"


def place_of_code(code: Callable[..., Any]) -> str | None:
    """Where a class or function is defined, as `file:line`; None where that is unknown."""
    function = getattr(inspect.unwrap(code), "__code__", None)
    if function is not None:
        return f"{function.co_filename}:{function.co_firstlineno}"
    try:
        return f"{inspect.getsourcefile(code)}:{inspect.getsourcelines(code)[1]}"
    except (TypeError, OSError):
        return None


def _is_machinery(file: Path) -> bool:
    """Whether a line lies between the framework and the plugin that it imports or calls."""
    generated = file.name.startswith("<")  # such as <frozen importlib._bootstrap>
    return generated or file.is_relative_to(_HERE) or not _CALLERS.isdisjoint(file.parts[-3:-1])
