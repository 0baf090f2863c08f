"""What cannot be built or trained is refused before any data are read, and nothing else is."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from framework.contracts import SINGLE_OPTIMIZER, DataInfo, Loss, Task
from framework.errors import Infeasible, PluginError, Position, RecipeError
from framework.finished_runs import LayerRow
from framework.recipe.loading import load_document
from framework.recipe.plans import Components, PlannedComponent
from framework.recipe.proving import Proofs, prove
from framework.registry import Component, Plugin

DATA = DataInfo(image_shape=(1, 4, 4), num_train=10, num_test=1)
GIGABYTE = 10**9
RECIPE = """\
networks: {encoder: ours, decoder: ours}
task: ours
loss: ours
optimizer: ours
metrics: [ours]
handlers: [ours]
figures: [ours]
"""


class Encoder(nn.Module):
    def __init__(self, data, *, width: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(data.num_features, width), nn.ReLU())

    def forward(self, images):
        return self.layers(images)


class Decoder(nn.Module):
    def __init__(self, data, *, width: int = 3) -> None:
        super().__init__()
        self.layer = nn.Linear(width, data.num_features)
        self.shape = data.image_shape

    def forward(self, codes):
        return self.layer(codes).unflatten(1, self.shape)


class Squared(Loss):
    def forward(self, prediction, target):
        return F.mse_loss(prediction, target)


class Copying(Task):
    """Passes images through all networks."""

    def __init__(self, networks, loss):
        self.networks, self.loss = list(networks.values()), loss

    def losses(self, batch):
        yield SINGLE_OPTIMIZER, self.loss(self.evaluate(batch)[0], batch.images)

    def evaluate(self, batch):
        values = batch.images
        for network in self.networks:
            values = network(values)
        return values, batch.images


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1)


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return load_document(path)


def planned(role, factory, **values):
    component = Component(role.partition(".")[0].rstrip("s"), "ours", Plugin("tests"), factory)
    return PlannedComponent(role, component, values, {"type": "ours"} | values)


def make_components(*, encoder=None, decoder=None, task=Copying, optimizer=sgd, **lists):
    return Components(
        dataset=planned("dataset", dict),
        networks={
            "encoder": encoder or planned("networks.encoder", Encoder),
            "decoder": decoder or planned("networks.decoder", Decoder),
        },
        task=planned("task", task),
        loss=planned("loss", Squared),
        optimizers={SINGLE_OPTIMIZER: planned("optimizer", optimizer)},
        **{
            group: {"ours": planned(f"{group}.0", lists[group])} if group in lists else {}
            for group in ("metrics", "handlers", "figures")
        },
    )


def proof_of(document, *, memory_bytes=GIGABYTE, **given):
    return prove(make_components(**given), DATA, document, memory_bytes=memory_bytes)


def fault_of(document, error=RecipeError, **given):
    with pytest.raises(error) as caught:
        proof_of(document, **given)
    (fault,) = caught.value.faults
    return fault


def test_proof_shows_every_layer_in_the_order_met(document):
    proof = proof_of(document)
    assert proof.layers == (
        LayerRow("encoder", "layers.0", "Flatten", (1, 4, 4), (16,), 0),
        LayerRow("encoder", "layers.1", "Linear", (16,), (3,), 51),
        LayerRow("encoder", "layers.2", "ReLU", (3,), (3,), 0),
        LayerRow("decoder", "layer", "Linear", (3,), (16,), 64),
    )
    assert proof.num_parameters == 115
    assert proof.loss_names == (SINGLE_OPTIMIZER,)


def test_proof_allocates_no_weights(document):
    devices = []

    class Watched(Encoder):
        def forward(self, images):
            devices.append(images.device.type)
            return super().forward(images)

    wide = 10**6
    components = {
        "encoder": planned("networks.encoder", Watched, width=wide),
        "decoder": planned("networks.decoder", Decoder, width=wide),
    }
    proof = proof_of(document, **components)
    assert proof.num_parameters == 17 * wide + 16 * wide + 16
    assert set(devices) == {"meta"}


def test_infeasible_network_is_refused_with_its_own_words(document):
    def impossible(data):
        raise Infeasible(f"conv layer 1: input {data.image_shape} gives nothing")

    fault = fault_of(document, encoder=planned("networks.encoder", impossible))
    assert fault.identifier == "R017"
    assert fault.message == "conv layer 1: input (1, 4, 4) gives nothing"
    assert fault.place == Position(str(document.source), 1, 21)


def test_more_parameters_than_memory_are_refused_with_the_estimate(document):
    encoder = planned("networks.encoder", Encoder, width=10**9)
    fault = fault_of(document, encoder=encoder)
    assert fault.identifier == "R022"
    assert fault.message == (
        "17,000,000,064 parameters need 272.0 GB with gradients and optimizer state, "
        "and 1.0 GB are there"
    )


@pytest.mark.parametrize(("num_bytes", "fits"), [(115 * 16, True), (115 * 16 - 1, False)])
def test_memory_is_counted_for_weights_gradients_and_two_moments(document, num_bytes, fits):
    if fits:
        proof_of(document, memory_bytes=num_bytes)
    else:
        assert fault_of(document, memory_bytes=num_bytes).identifier == "R022"


@pytest.mark.parametrize(
    ("width", "side", "device"), [(3, 4, "cpu"), (3, 65, "meta"), (10**5, 4, "meta")]
)
def test_small_networks_are_proven_with_zeros(document, width, side, device):
    met = []

    class Watched(Encoder):
        def __init__(self, data, *, width: int) -> None:
            super().__init__(data, width=width)
            self.register_buffer("scale", torch.ones(1))

        def forward(self, images):
            values = [self.layers[1].weight, self.layers[1].bias, self.scale]
            met.append((images.device.type, all(v.is_meta or not v.any() for v in values)))
            return super().forward(images) + self.scale

    components = make_components(
        encoder=planned("networks.encoder", Watched, width=width),
        decoder=planned("networks.decoder", Decoder, width=width),
    )
    data = DataInfo(image_shape=(1, side, side), num_train=10, num_test=1)
    prove(components, data, document, memory_bytes=GIGABYTE)
    assert set(met) == {(device, True)}


class Masked(Encoder):
    def forward(self, images):
        codes = super().forward(images)
        return codes * (1 + len(codes[codes > 0]))


class Asking(Encoder):
    def forward(self, images):
        return super().forward(images) * (1 if images.sum().item() >= 0 else 2)


class AskingAtOnce(Encoder):
    def __init__(self, data) -> None:
        super().__init__(data)
        self.rates = [rate.item() for rate in torch.linspace(0, 1, 3)]


class Drawing(Encoder):
    def __init__(self, data) -> None:
        super().__init__(data)
        self.order = torch.randperm(3).numpy()


@pytest.mark.parametrize("network", [Masked, Asking, AskingAtOnce, Drawing])
def test_network_that_the_meta_device_cannot_carry_out_passes_on_the_cpu(document, network):
    proof = proof_of(document, encoder=planned("networks.encoder", network))
    assert proof.num_parameters == 115
    assert len(proof.layers) == 4


def test_network_that_fails_on_the_cpu_too_is_refused_for_that(document):
    class Misfit(Masked):
        def forward(self, images):
            return super().forward(images[:, 0, :2])

    fault = fault_of(document, encoder=planned("networks.encoder", Misfit))
    assert fault.identifier == "R019"
    assert fault.message.startswith("layers.1: does not take an input of 8: ")
    assert fault.message.endswith("mat1 and mat2 shapes cannot be multiplied (2x8 and 16x3)")


def test_layer_that_does_not_take_its_input_is_named_with_the_network(document):
    fault = fault_of(document, decoder=planned("networks.decoder", Decoder, width=5))
    assert fault.identifier == "R019"
    assert fault.key == "networks.decoder"
    assert fault.message.startswith("layer: does not take an input of 3: ")
    assert fault.message.endswith("mat1 and mat2 shapes cannot be multiplied (2x3 and 5x16)")
    assert fault.place == Position(str(document.source), 1, 36)


def test_network_of_one_layer_is_named_without_a_layer(document):
    class Whole(nn.Linear):
        def __init__(self, data) -> None:
            super().__init__(data.num_features + 1, 3)

    fault = fault_of(document, encoder=planned("networks.encoder", Whole))
    assert fault.message.startswith("does not take an input of 1x4x4: ")


def test_loss_that_does_not_fit_is_a_fault_of_the_task(document):
    class Wrong(Copying):
        def losses(self, batch):
            yield SINGLE_OPTIMIZER, F.cross_entropy(self.evaluate(batch)[0], batch.labels)

    fault = fault_of(document, task=Wrong)
    assert (fault.identifier, fault.key) == ("R019", "task")
    assert fault.message.startswith("task 'ours' of plugin 'tests' fails on a batch: ")


def test_evaluation_is_proven_too(document):
    class Wrong(Copying):
        def losses(self, batch):
            yield SINGLE_OPTIMIZER, super().evaluate(batch)[0].mean()

        def evaluate(self, batch):
            raise ValueError(f"no labels in {len(batch)} images")

    assert fault_of(document, task=Wrong).message.endswith("no labels in 2 images")


def test_other_evaluations_are_proven_too(document):
    class Wrong(Copying):
        def evaluations(self, batch):
            return {"": self.evaluate(batch), "noisy": batch.noisy}

    assert "has no attribute 'noisy'" in fault_of(document, task=Wrong).message


def test_loss_that_is_no_scalar_is_the_plugins_fault(document):
    class Wide(Copying):
        def losses(self, batch):
            yield SINGLE_OPTIMIZER, self.evaluate(batch)[0].mean(dim=(1, 2, 3))

    fault = fault_of(document, PluginError, task=Wide)
    assert fault.identifier == "P011"
    assert fault.message == (
        "task 'ours' of plugin 'tests' yields a loss of shape (2,) instead of a scalar"
    )


class Termed(Copying):
    def losses(self, batch):
        for self.name in ("generator", "discriminator"):
            yield self.name, self.evaluate(batch)[0].mean()

    def terms(self):
        return {f"{self.name}/spread": torch.ones(())}


def test_terms_of_every_loss_are_found(document):
    expected = ("generator/spread", "discriminator/spread")
    assert proof_of(document, task=Termed).term_names == expected


def test_term_that_is_no_scalar_is_the_plugins_fault(document):
    class Wide(Termed):
        def terms(self):
            return {"wide": torch.ones(3)}

    fault = fault_of(document, PluginError, task=Wide)
    assert fault.identifier == "P011"
    assert fault.message.endswith("yields a term of shape (3,) instead of a scalar")


def test_loss_without_its_optimizers_name_is_explained(document):
    class Nameless(Copying):
        def losses(self, batch):
            yield self.evaluate(batch)[0].mean()

    assert "fails on a batch" in fault_of(document, task=Nameless).message


def test_optimizer_stepped_twice_is_named_once(document):
    class Twice(Copying):
        def losses(self, batch):
            for name in ("generator", "discriminator", "generator"):
                yield name, self.evaluate(batch)[0].mean()

    assert proof_of(document, task=Twice).loss_names == ("generator", "discriminator")


def test_labels_are_there_where_the_data_have_classes(document):
    seen = []

    class Looking(Copying):
        def losses(self, batch):
            seen.append(batch.labels)
            return super().losses(batch)

    components = make_components(task=Looking)
    prove(components, DATA, document, memory_bytes=GIGABYTE)
    labelled = DataInfo(image_shape=(1, 4, 4), num_train=10, num_test=1, num_classes=3)
    prove(components, labelled, document, memory_bytes=GIGABYTE)
    assert seen[0] is None
    assert (seen[1].dtype, seen[1].shape) == (torch.int64, (2,))


def test_shared_parameter_counts_once(document):
    class Tied(Decoder):
        def __init__(self, data, encoder) -> None:
            super().__init__(data)
            self.encoder = encoder

    component = Component("network", "ours", Plugin("tests"), Tied)
    networks = {"encoder": "encoder"}
    tied = PlannedComponent("networks.decoder", component, {}, {}, networks)
    assert proof_of(document, decoder=tied).num_parameters == 115


@pytest.mark.parametrize(
    ("group", "line", "column"),
    [("metrics", 5, 11), ("handlers", 6, 12), ("figures", 7, 11)],
)
def test_component_that_refuses_its_values_is_found_before_a_run(document, group, line, column):
    def refuses(data):
        raise ValueError(f"images of {data.image_shape} are too small")

    fault = fault_of(document, **{group: refuses})
    assert fault.identifier == "R018"
    assert fault.message.endswith("cannot be built: images of (1, 4, 4) are too small")
    assert fault.place == Position(str(document.source), line, column)


def test_optimizer_that_refuses_its_values_is_found_before_a_run(document):
    def refuses(parameters):
        raise ValueError(f"{len(parameters)} parameters are too many")

    fault = fault_of(document, optimizer=refuses)
    assert (fault.identifier, fault.key) == ("R018", "optimizer")
    assert fault.message.endswith("cannot be built: 4 parameters are too many")


def test_component_that_breaks_is_its_plugins_fault(document):
    def breaks(data):
        return data.no_such_thing

    fault = fault_of(document, PluginError, figures=breaks)
    assert fault.identifier == "P011"
    assert "fails to build: AttributeError" in fault.message


def test_dry_run_leaves_no_hooks_behind(document):
    kept = []

    class Kept(Encoder):
        def __init__(self, data) -> None:
            super().__init__(data)
            kept.append(self)

    proof_of(document, encoder=planned("networks.encoder", Kept))
    assert kept
    assert not [m for network in kept for m in network.modules() if m._forward_hooks]
    assert not [m for network in kept for m in network.modules() if m._forward_pre_hooks]
    shared = torch.nn.modules.module
    assert not [*shared._global_forward_hooks, *shared._global_forward_pre_hooks]


@pytest.mark.parametrize("error", [None, ValueError("no")])
def test_small_networks_make_no_kernels_that_are_needed_once(document, error):
    met = []

    class Watched(Encoder):
        def forward(self, images):
            met.append(torch.backends.mkldnn.enabled)
            if error is not None:
                raise error
            return super().forward(images)

    assert torch.backends.mkldnn.enabled
    with pytest.raises(RecipeError) if error else nullcontext():
        proof_of(document, encoder=planned("networks.encoder", Watched))
    assert met
    assert not any(met)
    assert torch.backends.mkldnn.enabled


def test_same_networks_are_proven_once_and_everything_else_is_built_again(document):
    built, proofs = [], Proofs()

    class Counted(Encoder):
        def __init__(self, data, *, width: int = 3) -> None:
            super().__init__(data, width=width)
            built.append(width)

    def rated(parameters, *, lr: float = 0.1):
        built.append(lr)
        return torch.optim.SGD(parameters, lr=lr)

    def prove_with(width, lr, data=DATA):
        components = make_components(
            encoder=planned("networks.encoder", Counted, width=width),
            decoder=planned("networks.decoder", Decoder, width=width),
        )
        optimizers = {SINGLE_OPTIMIZER: planned("optimizer", rated, lr=lr)}
        components = replace(components, optimizers=optimizers)
        return prove(components, data, document, memory_bytes=GIGABYTE, proofs=proofs)

    first, second = prove_with(3, 0.1), prove_with(3, 0.2)
    assert built == [3, 0.1, 0.2]
    assert second.layers == first.layers
    assert [proof.parts["optimizer"].param_groups[0]["lr"] for proof in (first, second)] == [
        0.1,
        0.2,
    ]
    assert prove_with(4, 0.1).num_parameters > first.num_parameters
    prove_with(3, 0.1, replace(DATA, num_classes=2))
    assert built[3:] == [4, 0.1, 3, 0.1]
    with pytest.raises(RecipeError):
        prove_with(3, -1.0)


def test_only_the_last_proofs_are_remembered(document):
    proofs, components = Proofs(), make_components()
    proof = prove(components, DATA, document, memory_bytes=GIGABYTE)
    datas = [replace(DATA, num_classes=number) for number in range(9)]
    for data in datas:
        proofs.keep(components, data, proof)
    assert [proofs.find(components, data) for data in datas] == [*[None] * 5, *[proof] * 4]
