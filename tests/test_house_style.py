"""The rules of the house that no linter knows; an exception is a named line, with its reason."""

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path.relative_to(ROOT)
    for room in ("framework", "plugins")
    for path in (ROOT / room).rglob("*.py")
)

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
LONG_FUNCTIONS: dict[str, int] = {}
UNMIRRORED = {
    "plugins/framework_autoencoders/stacks.py": "tested by what it builds: encoders, decoders",
    "plugins/framework_optuna/plugin.py": "a table of contents, pinned by test_public_door.py",
    "plugins/framework_torch/plugin.py": "a table of contents, pinned by test_public_door.py",
    "plugins/framework_vision/downloading.py": "tested by what downloads: test_mnist_like.py",
    "plugins/framework_vision/plugin.py": "a table of contents, pinned by test_public_door.py",
    "plugins/framework_vision/raw_files.py": "tested by what reads them: test_mnist_like.py",
}
VAGUE_NAMES = {"utils", "util", "helpers", "common", "misc", "base", "core", "manager"}
BANNED_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
BANNED_NAMES = {"eval", "exec", "DeterministicEngine", "n_jobs"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(params=SOURCES, ids=str)
def source(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_sources_are_found():
    assert {path.parts[0] for path in SOURCES} == {"framework", "plugins"}
    assert len(SOURCES) > 40


def test_file_is_short(source):
    assert len(read(source).splitlines()) <= MAX_FILE_LINES


def test_functions_are_short(source):
    text = read(source)
    lengths = {f"{source}::{name}": lines for name, lines in function_lengths(text)}
    too_long = {name: lines for name, lines in lengths.items() if lines > MAX_FUNCTION_LINES}
    assert too_long == {name: n for name, n in LONG_FUNCTIONS.items() if name in lengths}


def test_long_functions_exist():
    files = {name.partition("::")[0] for name in LONG_FUNCTIONS}
    assert files <= {str(path) for path in SOURCES}


def test_module_is_named_for_what_it_holds(source):
    assert source.stem not in VAGUE_NAMES
    assert source.parent.name not in VAGUE_NAMES


def test_module_has_a_docstring(source):
    assert ast.get_docstring(parsed(source))


def test_functions_are_typed(source):
    assert list(untyped_functions(parsed(source))) == []


def test_source_avoids_what_is_banned(source):
    assert list(banned(parsed(source))) == []


def test_source_has_its_mirrored_test(source):
    if source.name in {"__init__.py", "__main__.py"} or str(source) in UNMIRRORED:
        return
    assert (ROOT / mirror_of(source)).is_file(), f"missing {mirror_of(source)}"


def test_exempt_sources_exist_and_have_no_mirrored_test():
    for exempt in map(Path, UNMIRRORED):
        assert exempt in SOURCES
        assert not (ROOT / mirror_of(exempt)).exists(), f"{exempt} needs no exemption any more"


@pytest.mark.parametrize(
    "snippet",
    [
        "import pickle",
        "from pickle import loads",
        "import torch, yaml",
        "eval('1')",
        "builtins.exec(code)",
        "from ignite.engine.deterministic import DeterministicEngine",
        "deterministic.DeterministicEngine(step)",
        "study.optimize(objective, n_jobs=2)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "from torch import load",
        "os.fork()",
        "multiprocessing.get_context('fork')",
    ],
)
def test_ban_notices(snippet):
    assert list(banned(ast.parse(snippet)))


@pytest.mark.parametrize(
    "snippet",
    [
        "network.eval()",
        "torch.load(path, weights_only=True)",
        "documents.load(text)",
        '"""Never pickle, never eval()."""',
    ],
)
def test_ban_lets_pass(snippet):
    assert not list(banned(ast.parse(snippet)))


def test_function_lines_leave_out_docstring_comments_and_blanks():
    text = (
        "class A:\n"
        "    @property\n"
        "    def f(self):\n"
        '        """One.\n'
        "\n"
        "        More.\n"
        '        """\n'
        "        # why\n"
        "\n"
        "        return (\n"
        "            1,  # one\n"
        "        )\n"
    )
    assert list(function_lengths(text)) == [("f", 5)]


def test_untyped_functions_are_noticed():
    text = (
        "def f(a, *, b: int) -> None: ...\ndef g(a: int): ...\nclass A:\n def h(self) -> int: ...\n"
    )
    assert list(untyped_functions(ast.parse(text))) == ["f", "g"]


def test_tests_run_on_one_thread():
    assert torch.get_num_threads() == 1


@cache
def parsed(source: Path) -> ast.Module:
    return ast.parse(read(source))


def read(source: Path) -> str:
    return (ROOT / source).read_text(encoding="utf-8")


def mirror_of(source: Path) -> Path:
    """Where the test of a source file lies, such as tests/framework/recipe/test_loading.py."""
    folder = Path("tests") / source.parent
    return folder / f"test_{source.name}"


def function_lengths(text: str) -> Iterator[tuple[str, int]]:
    """Name and number of lines of code of each function, its signature included."""
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    code_lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in layout:
            code_lines.update(range(token.start[0], token.end[0] + 1))
    tree = ast.parse(text)
    code_lines -= docstring_lines(tree)
    for function in functions(tree):
        first = min([function.lineno, *(mark.lineno for mark in function.decorator_list)])
        yield function.name, len(code_lines & set(range(first, (function.end_lineno or first) + 1)))


def docstring_lines(tree: ast.AST) -> set[int]:
    documented = (
        node.body[0]
        for node in ast.walk(tree)
        if isinstance(node, Function | ast.ClassDef) and ast.get_docstring(node) is not None
    )
    return {line for node in documented for line in range(node.lineno, (node.end_lineno or 0) + 1)}


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def untyped_functions(tree: ast.AST) -> Iterator[str]:
    for function in functions(tree):
        given = function.args
        named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        if named and named[0].arg in {"self", "cls"}:
            named = named[1:]
        stars = [star for star in (given.vararg, given.kwarg) if star]
        if not (function.returns and all(argument.annotation for argument in named + stars)):
            yield function.name


def banned(tree: ast.AST) -> Iterator[str]:
    """What the code uses of the banned, each with its line."""
    for node in ast.walk(tree):
        for word in (*banned_imports(node), *banned_uses(node)):
            yield f"line {getattr(node, 'lineno', 0)}: {word}"


def banned_imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (n.name for n in names if n.name.split(".")[0] in BANNED_MODULES)
        case ast.ImportFrom(module=str(module), names=names):
            imported = {name.name for name in names}
            yield from {module.split(".")[0]} & BANNED_MODULES
            yield from imported & BANNED_NAMES
            if module == "torch" and "load" in imported:
                yield "torch.load under another name"


def banned_uses(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.keyword(arg=str(name)) if name in BANNED_NAMES:
            yield name
        case ast.Attribute(value=ast.Name(id="builtins"), attr=name) if name in BANNED_NAMES:
            yield name
        case ast.Attribute(value=ast.Name(id="os"), attr="fork" | "forkpty"):
            yield "fork, which copies locks that threads hold"
        case ast.Constant(value="fork" | "forkserver"):
            yield "fork as the way that processes start"
        case ast.Attribute(attr="DeterministicEngine"):
            yield "DeterministicEngine"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr="load"), keywords=given):
            if not any(k.arg == "weights_only" and is_true(k.value) for k in given):
                yield "torch.load without weights_only=True"


def is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
