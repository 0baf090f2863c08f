from functools import partial
from pathlib import Path

import pytest
import small_fits
import torch
from ignite.engine import Events
from small_fits import carried_out, is_equal, outcome, stored
from torch import nn

from framework import AdversarialObjective, Batch, DataInfo, Handler, RecipeError
from framework.engines.evaluator import make_evaluator
from framework.engines.trainer import make_trainer
from framework_gan.adversarial import Adversarial
from framework_gan.discriminators import DcganDiscriminator, MlpDiscriminator
from framework_gan.generators import DcganGenerator, MlpGenerator
from framework_gan.objectives import (
    Hinge,
    LeastSquares,
    NonSaturating,
    WassersteinGradientPenalty,
)

SUPPORT = Path(__file__).parents[2] / "support"
CPU = torch.device("cpu")
DATA = DataInfo(image_shape=(2, 8, 8), num_train=10, num_test=10, num_classes=4)
OBJECTIVES = [NonSaturating, LeastSquares, Hinge, WassersteinGradientPenalty]


class Counted(nn.Module):
    """Counts how many images each call of the network inside is given."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.sizes = []
        self.num_classes = network.num_classes
        self.latent_dim = getattr(network, "latent_dim", None)

    def forward(self, values, *labels):
        self.sizes.append(len(values))
        return self.network(values, *labels)


def make_batch(size=6):
    images = torch.rand(size, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    return Batch(images, torch.arange(size) % 4, torch.arange(size))


def make_networks(*, conditional=False, **discriminator):
    torch.manual_seed(0)
    judge = MlpDiscriminator if not discriminator else DcganDiscriminator
    return {
        "discriminator": Counted(judge(DATA, conditional=conditional, **discriminator)),
        "generator": Counted(MlpGenerator(DATA, latent_dim=3, conditional=conditional)),
    }


def make_task(networks, objective=None):
    generator, discriminator = networks["generator"], networks["discriminator"]
    objective = objective or NonSaturating()
    return Adversarial(networks, generator, discriminator, objective=objective)


def steps_of(task, networks, batch):
    """The gradients that each loss leaves, with nothing stepped in between."""
    torch.manual_seed(1)
    for name, loss in task.losses(batch):
        for network in networks.values():
            network.zero_grad(set_to_none=True)
        loss.backward()
        yield (
            name,
            {
                key: None if weight.grad is None else weight.grad.clone()
                for network, module in networks.items()
                for key, weight in module.named_parameters(prefix=network)
            },
        )


def test_each_loss_reaches_the_network_that_steps_and_no_other():
    networks = make_networks()
    names = []
    for name, gradients in steps_of(make_task(networks), networks, make_batch()):
        names.append(name)
        reached = {key.split(".")[0] for key, grad in gradients.items() if grad is not None}
        assert reached == {name}
        assert all(weight.requires_grad for weight in networks["discriminator"].parameters())
    assert names == ["discriminator", "generator"]


def test_losses_are_those_of_two_passes_by_hand():
    networks, batch = make_networks(), make_batch()
    judge, make = networks["discriminator"], networks["generator"]
    torch.manual_seed(1)
    values = [loss.item() for _, loss in make_task(networks).losses(batch)]
    torch.manual_seed(1)
    generated = make(torch.randn(6, 3))
    real_logits, logits = judge(batch.images), judge(generated)
    objective = NonSaturating()
    expected = objective.discriminator_loss(real_logits, logits), objective.generator_loss(logits)
    assert values == pytest.approx([each.item() for each in expected])


def test_generator_is_judged_after_the_discriminator_stepped():
    networks, batch = make_networks(), make_batch()
    losses = make_task(networks).losses(batch)
    torch.manual_seed(1)
    next(losses)
    with torch.no_grad():
        for weight in networks["discriminator"].parameters():
            weight.zero_()
    _, loss = next(losses)
    assert loss.item() == pytest.approx(torch.tensor(2.0).log().item())


def test_real_and_generated_images_pass_together_and_generated_ones_are_used_again():
    networks = make_networks()
    list(make_task(networks).losses(make_batch()))
    assert networks["discriminator"].sizes == [12, 6]
    assert networks["generator"].sizes == [6]


def test_discriminator_that_normalises_over_batches_sees_them_apart():
    networks = make_networks(normalization="batch")
    list(make_task(networks).losses(make_batch()))
    assert networks["discriminator"].sizes == [6, 6, 6]
    networks = make_networks(normalization="none")
    list(make_task(networks).losses(make_batch()))
    assert networks["discriminator"].sizes == [12, 6]


def test_terms_are_mean_outputs_and_spreads():
    networks, batch = make_networks(), make_batch()
    task = make_task(networks)
    assert task.terms() == {}
    torch.manual_seed(1)
    losses = task.losses(batch)
    next(losses)
    terms = dict(task.terms())
    torch.manual_seed(1)
    generated = networks["generator"](torch.randn(6, 3))
    judge = networks["discriminator"]
    expected = {
        "discriminator/real": judge(batch.images).sigmoid().mean(),
        "discriminator/generated": judge(generated).sigmoid().mean(),
        "spread/real": batch.images.std(0, correction=0).mean(),
        "spread/generated": generated.std(0, correction=0).mean(),
    }
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value.detach())
        assert not terms[name].requires_grad
    next(losses)
    assert task.terms() == {}


def test_spread_of_equal_images_and_of_a_single_one_is_zero():
    networks = make_networks()
    task = make_task(networks)
    with torch.no_grad():
        networks["generator"].network.layers.linear1.weight.zero_()
    for size in (4, 1):
        next(task.losses(make_batch(size)))
        assert task.terms()["spread/generated"] < 1e-6
        assert (task.terms()["spread/real"] == 0) == (size == 1)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_validation_changes_nothing_and_needs_no_gradients(objective):
    networks = make_networks(normalization="none")
    for network in networks.values():
        network.eval()
    task, before = make_task(networks, objective()), snapshot(networks)
    evaluator = make_evaluator(task, {}, seed=0, device=CPU)
    evaluator.run([make_batch()], max_epochs=1)
    measured = evaluator.state.metrics
    assert sorted(name for name in measured if name.startswith("loss")) == [
        "loss/discriminator",
        "loss/generator",
    ]
    assert {name for name in measured if name not in {"loss/discriminator", "loss/generator"}} == {
        "discriminator/real",
        "discriminator/generated",
        "spread/real",
        "spread/generated",
    }
    assert is_equal(snapshot(networks), before)
    assert all(w.grad is None for network in networks.values() for w in network.parameters())
    assert networks["generator"].sizes == [6]  # whatever the steps of training are


@pytest.mark.parametrize(("size", "sizes"), [(7, [3, 2, 2]), (3, [1, 1, 1]), (2, [2, 2, 2])])
def test_steps_of_the_discriminator_share_a_batch(size, sizes):
    networks = make_networks()
    task = make_task(networks, WassersteinGradientPenalty(discriminator_steps=3))
    names = [name for name, _ in task.losses(make_batch(size))]
    assert names == ["discriminator"] * 3 + ["generator"]
    assert networks["generator"].sizes == sizes
    judged = [each for number in sizes for each in (2 * number, number)]  # and the penalty's
    assert networks["discriminator"].sizes == [*judged, sizes[-1]]


def test_conditional_networks_are_told_the_classes_of_the_batch():
    networks, batch = make_networks(conditional=True), make_batch()
    task = make_task(networks)
    torch.manual_seed(1)
    values = [loss.item() for _, loss in task.losses(batch)]
    torch.manual_seed(1)
    generated = networks["generator"](torch.randn(6, 3), batch.labels)
    judge, objective = networks["discriminator"], NonSaturating()
    logits = judge(generated, batch.labels)
    loss = objective.discriminator_loss(judge(batch.images, batch.labels), logits)
    assert values == pytest.approx([loss.item(), objective.generator_loss(logits).item()])


def test_generate_makes_images_of_noise():
    networks = make_networks()
    generate = make_task(networks).operations()["generate"]
    noise = torch.randn(5, 3)
    assert (generate.takes, generate.answers, generate.shape) == ("noise", "images", (3,))
    assert torch.equal(generate(noise), networks["generator"](noise))


def test_generate_takes_all_classes_in_turn_unless_they_are_given():
    networks = make_networks(conditional=True)
    task, noise = make_task(networks), torch.randn(1, 3).expand(6, -1)
    turns = networks["generator"](noise, torch.tensor([0, 1, 2, 3, 0, 1]))
    assert torch.equal(task.operations()["generate"](noise), turns)
    assert torch.equal(task.generate(noise, torch.full((6,), 2))[0], turns[2])


def test_evaluation_is_generated_against_real():
    networks, batch = make_networks(), make_batch()
    torch.manual_seed(1)
    generated, images = make_task(networks).evaluate(batch)
    torch.manual_seed(1)
    assert torch.equal(generated, networks["generator"](torch.randn(6, 3)))
    assert images is batch.images


def test_only_one_conditional_network_is_refused():
    networks = make_networks() | {"generator": make_networks(conditional=True)["generator"]}
    with pytest.raises(ValueError, match="the generator is conditional and the discriminator is"):
        make_task(networks)


def test_generator_without_its_latent_dim_is_refused():
    networks = make_networks() | {"generator": nn.Linear(3, 4)}
    with pytest.raises(ValueError, match="Linear makes no images of noise: it does not state"):
        make_task(networks)


def test_penalty_and_batch_normalisation_are_refused_together():
    networks = make_networks(normalization="batch")
    with pytest.raises(ValueError, match="WassersteinGradientPenalty judges each image for itself"):
        make_task(networks, WassersteinGradientPenalty())


class Patches(nn.Module):
    """Answers a logit for each pixel."""

    def forward(self, images):
        return images.mean(1)


def test_more_than_one_logit_is_refused():
    networks = make_networks() | {"discriminator": Patches()}
    with pytest.raises(ValueError, match="answers 8x8 values for an image; it must answer one"):
        list(make_task(networks).losses(make_batch()))


def test_images_of_another_shape_are_refused():
    other = DataInfo(image_shape=(1, 4, 4), num_train=1, num_test=1)
    networks = make_networks() | {"generator": DcganGenerator(other, latent_dim=3)}
    with pytest.raises(ValueError, match="answers images of 1x4x4; the data's are 2x8x8"):
        list(make_task(networks).losses(make_batch()))


class Cheering(AdversarialObjective):
    """Wants logits that grow without end."""

    def discriminator_loss(self, real, generated):
        return generated.mean() - real.mean()

    def generator_loss(self, generated):
        return -generated.mean()


@pytest.mark.parametrize("accumulation", [2, 3])
@pytest.mark.parametrize("steps", [1, 2])
def test_batch_in_parts_takes_as_many_steps(accumulation, steps):
    objective = Cheering()
    objective.discriminator_steps = steps
    networks = make_networks()
    optimizers = {n: torch.optim.SGD(each.parameters(), lr=0.1) for n, each in networks.items()}
    trainer = make_trainer(
        make_task(networks, objective), optimizers, seed=0, device=CPU, accumulation=accumulation
    )
    trainer.run([make_batch(7)], max_epochs=1)
    assert set(trainer.state.output) == {"discriminator", "generator"}
    assert len(trainer.state.terms) == 4


NUM_EPOCHS = 2
WASSERSTEIN = (
    "networks.generator={type: mlp_generator, latent_dim: 4, hidden_dims: [16], conditional: true}",
    "networks.discriminator={type: mlp_discriminator, hidden_dims: [16], conditional: true}",
    "task.objective={type: wasserstein_gradient_penalty, discriminator_steps: 2}",
    "handlers=[]",
    "metrics=[]",
    "early_stopping=null",
    "checkpointing=null",
    f"training={{num_epochs: {NUM_EPOCHS}, batch_size: 70, accumulation: 2}}",
)
TINY = (SUPPORT / "tiny_gan.yaml", *WASSERSTEIN)
prepared, make_fit = partial(small_fits.prepared, *TINY), partial(small_fits.make_fit, *TINY)


class After(Handler):
    """Calls a function after every iteration."""

    def __init__(self, call):
        self.call = call

    def attach(self, trainer, evaluator, run):  # noqa: ARG002
        trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: self.call(trainer, run))


@pytest.fixture(scope="module")
def uninterrupted():
    states = []
    fit = make_fit(observers=[After(lambda _, run: states.append(stored(run)))])
    return outcome(carried_out(fit)), states


@pytest.mark.parametrize("iteration", [1, 2, 4, 5])  # after 3, an epoch is yet to be evaluated
def test_two_optimizers_resume_to_the_bit(uninterrupted, iteration):
    expected, states = uninterrupted
    fit = make_fit()
    fit.load_state_dict(states[iteration - 1])
    torch.rand(17)
    assert is_equal(outcome(carried_out(fit)), expected)


def test_nothing_monitored_keeps_the_last_weights():
    fit = make_fit()
    carried_out(fit)
    last = snapshot(fit.networks)
    assert fit.best is None
    assert fit.restore_best() == NUM_EPOCHS
    assert is_equal(snapshot(fit.networks), last)


@pytest.mark.slow
def test_terms_can_be_monitored_and_misspelt_ones_are_named():
    plan, *_ = prepared("checkpointing={monitor: validation/spread/generated, mode: max}")
    assert plan.recipe.checkpointing.monitor == "validation/spread/generated"
    with pytest.raises(RecipeError, match="did you mean 'validation/spread/generated'"):
        prepared("checkpointing={monitor: validation/spread/generatd, mode: max}")


def test_networks_may_have_other_names():
    plan, *_ = prepared(
        "networks.generator=null",
        "networks.maker={type: mlp_generator, conditional: true}",
        "task.generator=maker",
        "optimizers.generator=null",
        "optimizers.maker=adam",
    )
    assert plan.loss_names == ("discriminator", "maker")


def snapshot(networks):
    return {
        f"{name}.{key}": value.clone()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
