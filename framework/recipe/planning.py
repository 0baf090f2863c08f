"""From a recipe to a plan: everything found, checked and proven, before any data is read."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from framework.contracts import SINGLE_OPTIMIZER, DataInfo, Dataset
from framework.errors import Fault, RecipeError, nearest_hint
from framework.recipe.blocks import Training
from framework.recipe.construction import construction
from framework.recipe.documents import Document
from framework.recipe.loading import load_document
from framework.recipe.measurements import has_folds_only, measured, monitor_faults
from framework.recipe.origins import Planning, Settling, origin_faults, upstreams_of
from framework.recipe.plans import Components, Plan, Upstream
from framework.recipe.proving import Proof, Proofs, prove
from framework.recipe.resolution import resolve
from framework.recipe.scheduled_numbers import schedule_faults
from framework.recipe.scheduling import prove_schedulers
from framework.recipe.schema import Recipe, read_recipe
from framework.recipe.search_faults import search_faults
from framework.registry import Registry
from framework.seeding import draw_seed


def make_plan(
    recipe: Recipe,
    document: Document,
    registry: Registry,
    *,
    known: DataInfo | None = None,
    is_begun: bool = False,
    upstreams: Mapping[str, Upstream] | None = None,
    settle: Settling | None = None,
    path: tuple[str, ...] = (),
    proofs: Proofs | None = None,
) -> tuple[Plan, Dataset]:
    """Resolve a recipe, prove its networks and check what goes together with what.

    Args:
        recipe: the recipe's shape.
        document: its text, for positions.
        registry: the components that there are.
        known: what is known of the data set already, which is then not asked for it.
        is_begun: whether a run directory holds the weights of networks that come from elsewhere;
            where they come from is then not looked for.
        upstreams: what networks come from, where that is known already.
        settle: carries out a search that networks come from, as they are those of its best trial;
            without it they are what its recipe says.
        path: the recipes that needed this one, outermost first.
        proofs: what has been proven before of recipes like this one.

    Returns:
        The plan, and the data set, of which nothing has been read but its `info`.

    Raises:
        RecipeError: what the recipe asks for cannot be done; every fault found is in it.
        PluginError: a component that is needed cannot be used.
        DataError: not even the data set's shape can be found out.
    """
    if upstreams is None:
        plan_of = _planning(document, registry, settle, path)
        upstreams = {} if is_begun else upstreams_of(recipe, document, plan_of, path)
    components = resolve(recipe, document, registry, upstreams)
    with construction(components.dataset, document):
        dataset: Dataset = components.dataset.build()
        data = known or dataset.info
    proof = prove(components, data, document, memory_bytes=_memory_bytes(), proofs=proofs)
    scheduled = prove_schedulers(recipe, components, data, document)
    faults = _incoherent(recipe, components, data, document, proof)
    plan = Plan(
        recipe=recipe,
        document=document,
        components=components,
        root_seed=_root_seed(recipe),
        data=data,
        layers=proof.layers,
        num_parameters=proof.num_parameters,
        loss_names=proof.loss_names,
        upstreams=upstreams,
        registry=registry,
        warnings=(*_notices(recipe, document), *map(str, registry.broken)),
    )
    faults += origin_faults(upstreams, data, proof.layers, document)
    faults += schedule_faults(plan, {**proof.parts, **scheduled})
    if faults := [*faults, *search_faults(plan, measured(recipe, components, proof))]:
        raise RecipeError(faults)
    return plan, dataset


def _planning(
    document: Document, registry: Registry, settle: Settling | None, path: tuple[str, ...]
) -> Planning:
    """How to plan what networks come from; a search that they come from is carried out first."""

    def plan_of(upstream: Document, run: FilePath | None) -> tuple[Plan, Dataset, FilePath | None]:
        led = (*path, str(document.source))
        shape, is_run = read_recipe(upstream), run is not None
        found = make_plan(shape, upstream, registry, is_begun=is_run, settle=settle, path=led)
        if shape.search is None or settle is None or is_run:
            return (*found, run)
        best = settle(*found)
        upstream = load_document(best / "resolved.yaml")
        shape = read_recipe(upstream)
        return (*make_plan(shape, upstream, registry, is_begun=True, path=led), best)

    return plan_of


def _incoherent(
    recipe: Recipe, components: Components, data: DataInfo, document: Document, proof: Proof
) -> list[Fault]:
    return [
        *_optimizer_faults(recipe, components, document, proof),
        *monitor_faults(recipe, components, document, proof),
        *_fold_faults(recipe, data, document, proof),
        *_pruning_faults(recipe, document, proof),
        *_range_faults(components, data, document),
        *_batch_norm_faults(recipe, data, document, proof),
    ]


def _root_seed(recipe: Recipe) -> int:
    if recipe.seeds:
        return recipe.seeds[0]
    return draw_seed() if recipe.seed is None else recipe.seed


def _notices(recipe: Recipe, document: Document) -> Iterator[str]:
    """What is allowed, and yet may not be what was meant."""
    yield from (f"warning: {notice}" for notice in document.notices)
    stopping, pruning = recipe.early_stopping, recipe.weight_pruning
    if stopping is None or pruning is None or pruning.every_num_epochs is None or pruning.regrow:
        return
    if stopping.patience + max(1, pruning.grace_num_epochs) > pruning.every_num_epochs:
        yield (
            f"warning: early_stopping.patience: a patience of {stopping.patience} never ends "
            f"training, as early stopping begins anew after each lasting pruning, every "
            f"{pruning.every_num_epochs} epochs"
        )


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _optimizer_faults(
    recipe: Recipe, components: Components, document: Document, proof: Proof
) -> Iterator[Fault]:
    if recipe.training.num_epochs == 0 and not components.optimizers:
        return
    key = "optimizer" if document.values.get("optimizer") is not None else "optimizers"
    place = document.place((key,))
    task, given = components.task.name, list(components.optimizers)
    for name in proof.loss_names:
        if name not in given:
            message = f"task '{task}' yields a loss for optimizer '{name}', found {given}"
            yield Fault("R011", message, key=key, place=place, hint=nearest_hint(name, given))
    for name in given:
        if name not in proof.loss_names:
            message = f"task '{task}' yields no loss for optimizer '{name}'"
            hint = f"it has losses for {list(proof.loss_names)}"
            yield Fault("R011", message, key=key, place=place, hint=hint)
        elif name not in {SINGLE_OPTIMIZER, *components.networks}:
            message = f"optimizer '{name}' steps the network of its name, and there is none"
            hint = f"the networks are {list(components.networks)}"
            yield Fault("R011", message, key=key, place=place, hint=hint)


def _fold_faults(
    recipe: Recipe, data: DataInfo, document: Document, proof: Proof
) -> Iterator[Fault]:
    folds = recipe.cross_validation
    if folds is None:
        return
    if recipe.training.num_epochs == 0:
        message = "there is nothing to train, and so nothing to compare folds by"
        place = document.place(("cross_validation",))
        hint = "leave cross_validation out"
        yield Fault("R033", message, key="cross_validation", place=place, hint=hint)
    is_monitored = recipe.early_stopping is not None or recipe.checkpointing.monitor is not None
    if not is_monitored and len(proof.loss_names) > 1:
        message = "folds are compared by what is monitored, and there are several losses"
        known = [f"validation/loss/{name}" for name in proof.loss_names]
        hint = f"set checkpointing.monitor to one of {known}"
        place = document.place(("cross_validation",))
        yield Fault("R033", message, key="cross_validation", place=place, hint=hint)
    if folds.stratified and data.num_classes == 0:
        message = "the data set has no classes to deal by"
        place = document.place(("cross_validation", "stratified"))
        hint = "set it to false"
        yield Fault("R033", message, key="cross_validation.stratified", place=place, hint=hint)


def _pruning_faults(recipe: Recipe, document: Document, proof: Proof) -> Iterator[Fault]:
    groups = () if recipe.weight_pruning is None else recipe.weight_pruning.groups
    for index, group in enumerate(groups):
        path = ("weight_pruning", "groups", index)
        key = f"weight_pruning.groups.{index}"
        kinds = proof.prunable.get(group.network)
        if kinds is None:
            message = f"no network named '{group.network}'"
            known = list(proof.prunable)
            hint = nearest_hint(group.network, known) or f"the networks are {known}"
            place = document.place((*path, "network"))
            yield Fault("R011", message, key=f"{key}.network", place=place, hint=hint)
        elif group.layers not in kinds:
            wanted = "" if group.layers == "all" else f"{group.layers} "
            message = f"network '{group.network}' has no {wanted}layers to prune"
            hint = f"it has {' and '.join(sorted(kinds - {'all'}))} layers" if kinds else ""
            place = document.place((*path, "layers"))
            yield Fault("R011", message, key=f"{key}.layers", place=place, hint=hint)


def _range_faults(components: Components, data: DataInfo, document: Document) -> Iterator[Fault]:
    low, high = data.value_range
    for planned in components.all():
        if planned.component.kind != "loss":
            continue
        expected = getattr(planned.component.factory, "target_range", None)
        if expected is not None and not expected[0] <= low <= high <= expected[1]:
            message = (
                f"loss '{planned.name}' expects targets in {list(expected)}, "
                f"dataset '{components.dataset.name}' has images in {[low, high]}"
            )
            yield Fault("R020", message, planned.role, document.place(planned.path))


def _batch_norm_faults(
    recipe: Recipe, data: DataInfo, document: Document, proof: Proof
) -> Iterator[Fault]:
    row = next((r for r in proof.layers if r.kind.startswith("BatchNorm")), None)
    training = recipe.training
    alone = [n for n in _training_sizes(recipe, data) if _leaves_one_alone(recipe.training, n)]
    if row is not None and alone:
        parts = f" in {training.accumulation} parts" if training.accumulation > 1 else ""
        message = (
            f"{row.network}.{row.layer} normalises over a batch, and {alone[0]} images in "
            f"batches of {training.batch_size}{parts} leave a batch of one"
        )
        hint = "set training.drop_last to true, or choose another batch size"
        place = document.place(("training", "batch_size"))
        yield Fault("R021", message, key="training.batch_size", place=place, hint=hint)


def _training_sizes(recipe: Recipe, data: DataInfo) -> list[int]:
    """How many images train, in each of the trainings that there are."""
    folds = recipe.cross_validation
    held_out = {round(data.num_train * recipe.validation.fraction)}
    if folds is not None:
        in_folds = {data.num_train // folds.num_folds, -(-data.num_train // folds.num_folds)}
        held_out = in_folds if has_folds_only(recipe) else in_folds | held_out
    return sorted(data.num_train - number for number in held_out)


def _leaves_one_alone(training: Training, num_train: int) -> bool:
    rest = num_train % training.batch_size
    sizes = [training.batch_size, *([] if training.drop_last or not rest else [rest])]
    return any(size // training.accumulation <= 1 for size in sizes)
