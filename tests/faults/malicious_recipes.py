"""Recipes that an attacker could hand over, each with what must be answered to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HARMLESS = "harmless"
CANARY_MODULE = "canary_module"  # lies where it could be imported, and is found out when it is
CONTROLS = {  # as YAML writes them: name a terminal's window and clear it, turn text around, beep
    "escape": "\\e]0;owned\\a\\e[2J",
    "bidirectional": "\\u202E",
    "bell": "\\a",
    "C1": "\\x9B2J",
}
SCRIPT = "<script>alert(1)</script>"

PARTS = {
    "name": "attacked",
    "seed": "1",
    "dataset": "tiny_images",
    "validation": "{fraction: 0.25}",
    "networks": "{encoder: noisy_encoder, decoder: linear_decoder}",
    "task": "reconstruction",
    "loss": "mse",
    "optimizer": "adam",
    "training": "{num_epochs: 1, batch_size: 64}",
}
SEARCH = "{{num_trials: 1, space: {{optimizer.lr: {{low: 1.0e-4, high: 1.0e-2}}}}{}}}"


@dataclass(frozen=True)
class Attack:
    """A recipe and what must be answered.

    Attributes:
        text: the recipe.
        answer: identifiers of the faults that it has to be refused with, or `HARMLESS`.
        overrides: changes on the command line.
    """

    text: str
    answer: str
    overrides: tuple[str, ...] = ()


def recipe(**changes: str) -> str:
    """A good recipe with some of its parts written otherwise."""
    return "".join(f"{key}: {value}\n" for key, value in (PARTS | changes).items())


def attacks(folder: Path, canary: Path) -> dict[str, Attack]:
    """Attacks by a name that tells what they try.

    Args:
        folder: where files that recipes refer to are written; it must exist.
        canary: what none of them may create.
    """
    return {
        **dict(_tags(canary)),
        **dict(_multiplication()),
        **dict(_paths(folder)),
        **dict(_component_names()),
        **dict(_code_as_text(canary)),
        **dict(_escapes()),
        **dict(_numbers()),
        **dict(_addresses(folder)),
    }


def _tags(canary: Path) -> Iterator[tuple[str, Attack]]:
    touch = f'["touch {canary}"]'
    spellings = {
        "apply": f"!!python/object/apply:os.system {touch}",
        "new": f"!!python/object/new:subprocess.Popen [{touch}]",
        "object": f"!!python/object:{CANARY_MODULE}.Canary {{}}",
        "name": "!!python/name:os.system",
        "module": f"!!python/module:{CANARY_MODULE}",
        "written out": f"!<tag:yaml.org,2002:python/object/apply:os.system> {touch}",
        "of one's own": f"!python/object/apply:os.system {touch}",
        "by percent": f"!!python/%6Fbject/apply:os.system {touch}",
        "tuple": "!!python/tuple [1]",
        "binary": "!!binary aW1wb3J0IG9z",
        "set": "!!set {? a}",
        "environment": "!ENV ${HOME}",
        "include": "!include /etc/passwd",
    }
    for spelling, value in spellings.items():
        yield f"tag: {spelling}", Attack(recipe(seed=value), "R009")
    yield "tag on a key", Attack(recipe() + "!!python/name:os.system extra: 1\n", "R009")
    yield "tag on all", Attack("!!python/object/apply:os.system\n" + recipe(), "R009")
    handle = "%TAG !p! tag:yaml.org,2002:python/\n---\n"
    shortened = recipe(seed=f"!p!object/apply:os.system {touch}")
    yield "tag by a handle", Attack(handle + shortened, "R009")
    yield "tag in an override", Attack(recipe(), "R009", (f"seed={spellings['apply']}",))


def _multiplication() -> Iterator[tuple[str, Attack]]:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    merges = "".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}\n" for n in range(1, 30))
    most = " ".join(["R009"] * 50)  # the first fifty are listed
    yield "aliases of aliases", Attack("a0: &a0 [x]\n" + levels + recipe(), most)
    yield "merges of merges", Attack("m0: &m0 {x: 1}\n" + merges + recipe(), most)
    yield "alias of itself", Attack(recipe(networks="&n {encoder: *n}"), "R009 R009")
    yield "half a million brackets", Attack(recipe(metrics="[" * 500_000), "R016")
    yield "twice a million bytes", Attack(recipe() + "# " + "x" * 2_000_000, "R016")


def _paths(folder: Path) -> Iterator[tuple[str, Attack]]:
    for name in ("../../outside", "/outside", "..", "~/outside", "a/../../b", "C:\\outside", "-rf"):
        yield f"name {name}", Attack(recipe(name=f"'{name}'"), "R013")
    (folder / "climbing.yaml").write_text("name: ../../outside\n", encoding="utf-8")
    yield (
        "name from elsewhere",
        Attack(f"extends: climbing.yaml\n{recipe().replace('name: attacked', '')}", "R013"),
    )
    for named in ("/dev/zero", "/dev/stdin", "../../../../../../etc"):
        yield f"extends {named}", Attack(f"extends: {named}\n{recipe()}", "R014")
        origin = f"{{encoder: {{from: {named}}}, decoder: linear_decoder}}"
        yield f"networks from {named}", Attack(recipe(networks=origin), "R028")
    yield "extends memory", Attack(f"extends: /proc/self/mem\n{recipe()}", "R025")
    yield "extends a program", Attack(f"extends: /bin/sh\n{recipe()}", "R016")
    climbing = recipe(networks="{'../../outside': noisy_encoder}")
    yield "network that climbs", Attack(climbing, "R006")
    climbing = recipe(optimizer="null", optimizers="{'../../outside': adam}")
    yield "optimizer that climbs", Attack(climbing, "R006")
    yield (
        "components that climb",
        Attack(
            recipe(metrics="['../../outside']", figures="[/etc/passwd]", trackers="['..']"),
            "R005 R005 R005",
        ),
    )
    yield "owner that climbs", Attack(recipe(loss="'../../outside:mse'"), "R005")
    place = "{num_trials: 1, space: {'../../outside': {low: 1, high: 2}}}"
    yield "place that climbs", Attack(recipe(search=place), "R004")


def _component_names() -> Iterator[tuple[str, Attack]]:
    names = (
        "os.system",
        "os:system",
        "builtins.eval",
        "torch.load",
        "torch:load",
        f"{CANARY_MODULE}:main",
        f"{CANARY_MODULE}.Canary",
        "__import__",
        "__class__",
        "framework_torch.plugin:os",
        "./plugin.py",
    )
    for name in names:
        values = dict.fromkeys(("dataset", "task", "loss", "optimizer"), f"'{name}'")
        lists = dict.fromkeys(("metrics", "handlers", "figures", "trackers"), f"['{name}']")
        networks = f"{{encoder: '{name}', decoder: {{type: '{name}', command: ls}}}}"
        more = {"networks": networks, "executor": f"'{name}'", "scheduler": f"'{name}'"}
        parts = ", ".join(f"{part}: '{name}'" for part in ("sampler", "pruner"))
        written = recipe(**values, **lists, **more, search=SEARCH.format(f", {parts}"))
        yield f"components called {name}", Attack(written, " ".join(["R005"] * 14))
    nested = "{type: denoising, corruptions: [{type: os.system, command: ls}]}"
    yield "component within one", Attack(recipe(task=nested), "R005")
    yield (
        "dunder parameters",
        Attack(recipe(loss="{type: mse, __class__: 1, __init__: 2, self: 3}"), "R004 R004 R004"),
    )


def _code_as_text(canary: Path) -> Iterator[tuple[str, Attack]]:
    code = f"__import__('os').system('touch {canary}')"
    for text in (
        "${oc.env:HOME}",
        "{{ 7 * 7 }}",
        "{0.__class__}",
        "%(name)s",
        f"$(touch {canary})",
    ):
        yield f"template {text}", Attack(recipe(name=f'"{text}"', task=f'"{text}"'), "R013")
    yield "number that is code", Attack(recipe(optimizer=f'{{type: adam, lr: "{code}"}}'), "R012")
    written = f'optimizer.lr: {{low: "{code}", high: 1.0}}'
    yield (
        "range that is code",
        Attack(recipe(search=f"{{num_trials: 1, space: {{{written}}}}}"), "R012"),
    )
    conditional = f'optimizer.lr: {{low: 1.0e-4, high: 1.0, when: {{"{code}": true}}}}'
    yield (
        "condition that is code",
        Attack(recipe(search=f"{{num_trials: 1, space: {{{conditional}}}}}"), "R034"),
    )
    for term, answer in {"metric": "R005", "parameter": "R034", "cost": "R012"}.items():
        objective = f', objective: {{minimize: [{{{term}: "{code}"}}]}}'
        yield f"{term} that is code", Attack(recipe(search=SEARCH.format(objective)), answer)
    stopping = f'{{monitor: "{code}", mode: min, patience: 1}}'
    yield "monitor that is code", Attack(recipe(early_stopping=stopping), "R005")
    schedule = f'[{{parameter: "{code}", points: [[1, 0.1], [2, 0.2]]}}]'
    yield "schedule of code", Attack(recipe(schedules=schedule), "R027")
    choice = f'optimizer: {{choices: [adam, "{code}"]}}'
    yield (
        "choice that is code",
        Attack(recipe(search=f"{{num_trials: 1, space: {{{choice}}}}}"), "R005"),
    )
    yield "key that is code", Attack(recipe() + f'"{code}": 1\n', "R004")


def _escapes() -> Iterator[tuple[str, Attack]]:
    for name, text in CONTROLS.items():
        yield f"{name} in a value", Attack(recipe(loss=f'"{text}"'), "R005")
        yield f"{name} in a key", Attack(recipe() + f'"{text}": 1\n', "R004")
        yield f"{name} in a name", Attack(recipe(name=f'"{text}"'), "R013")
        yield f"{name} in extends", Attack(f'extends: "{text}"\n' + recipe(), "R014")
    yield "escape in an override", Attack(recipe(), "R004", ("\x1b]0;owned\x07=1",))


def _numbers() -> Iterator[tuple[str, Attack]]:
    yield "beyond a double", Attack(recipe(optimizer="{type: adam, lr: 1e999}"), "R007")
    yield "beyond 64 bits", Attack(recipe(seed="9" * 30), "R007")
    yield "a million digits", Attack(recipe(seed="9" * 900_000), "R007")
    layers = "channels: [1], kernel_sizes: [1], strides: [1], paddings: [0]"
    huge = f"{{type: conv_encoder, {layers}, hidden_dims: [4000000000]}}"
    networks = f"{{encoder: {huge}, decoder: mirrored_decoder}}"
    yield "beyond memory", Attack(recipe(networks=networks), "R022")
    yield (
        "threads beyond all cores",
        Attack(recipe(training="{num_epochs: 1, num_threads: 100000000}"), "R012"),
    )
    yield (
        "processes beyond all cores",
        Attack(recipe(training="{num_epochs: 1, num_workers: 100000000}"), "R012"),
    )
    yield "epochs for ever", Attack(recipe(training="{num_epochs: 1000000000000}"), HARMLESS)
    yield (
        "trials for ever",
        Attack(
            recipe(search=SEARCH.format("").replace("num_trials: 1", f"num_trials: {10**18}")),
            HARMLESS,
        ),
    )


def _addresses(folder: Path) -> Iterator[tuple[str, Attack]]:
    for address in ("http://localhost/x.yaml", "file:///etc/passwd", "ftp://localhost/x"):
        yield f"extends {address}", Attack(f"extends: {address}\n{recipe()}", "R014")
        origin = f'{{encoder: {{from: "{address}"}}, decoder: linear_decoder}}'
        yield f"networks from {address}", Attack(recipe(networks=origin), "R028")
    for storage in (
        "canary+module://x",
        f"sqlite:///{folder}/outside.db",
        "postgresql://nobody@localhost:1/x",
        "not a URL",
    ):
        written = SEARCH.format(f', storage: "{storage}"')
        yield f"study at {storage}", Attack(recipe(search=written), HARMLESS)
    yield (
        "cluster elsewhere",
        Attack(
            recipe(cross_validation="{}", executor="{type: dask, address: 'tcp://localhost:1'}"),
            HARMLESS,
        ),
    )
    yield (
        "text that is a page",
        Attack(recipe(dataset=f'{{type: image_folder, root: "{SCRIPT}"}}'), "D026"),
    )
