"""The task in which one network makes images and another tells them from real ones."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from framework import AdversarialObjective, Batch, Nested, Operation, Task

Images = Float[Tensor, "batch channels height width"]
Labels = Int[Tensor, " batch"] | None

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


class Adversarial(Task):
    """A generator makes images of noise, and a discriminator learns to tell them from real ones.

    Both step in turn, each with the optimizer of its own name. Real and generated images pass the
    discriminator together, unless it normalises over batches, where the two would mix; the images
    that it has judged serve the generator's step too. Where the networks are conditional, images
    are generated of the classes of the batch.

    The terms `discriminator/real` and `discriminator/generated` are the mean outputs of the
    discriminator: once they are far apart for good, the generator learns nothing more.
    `spread/real` and `spread/generated` are the standard deviation of a pixel over the images of a
    batch, on average: where that of generated images falls far below that of real ones, the
    generator makes the same image again and again.

    Source: I. Goodfellow and others, Generative Adversarial Nets, 2014, algorithm 1; M. Mirza,
    S. Osindero, Conditional Generative Adversarial Nets, 2014.

    Args:
        networks: the networks by name.
        generator: makes images of noise; it states `latent_dim`, the number of values of noise.
        discriminator: answers a logit for each image.
        objective: what both are trained for.

    Raises:
        ValueError: the generator does not state `latent_dim`, only one of the two is conditional,
            or the discriminator normalises over batches and the objective forbids that.
    """

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        generator: nn.Module,
        discriminator: nn.Module,
        *,
        objective: Annotated[Any, Nested("adversarial_objective")] = "non_saturating",
    ) -> None:
        names = {id(network): name for name, network in networks.items()}
        self._optimizers = names[id(generator)], names[id(discriminator)]
        self._generator, self._discriminator = generator, discriminator
        self._objective: AdversarialObjective = objective
        self._mixes_batches = any(isinstance(m, _BATCH_NORMS) for m in discriminator.modules())
        self._terms: dict[str, Tensor] = {}
        self.latent_dim = latent_dim_of(generator)
        self.num_classes = _num_classes(generator, discriminator)
        if self._mixes_batches and objective.forbids_batch_norm:
            name = type(objective).__name__
            message = f"{name} judges each image for itself, and the discriminator normalises over"
            raise ValueError(f"{message} batches; give it no batch normalisation")

    def losses(self, batch: Batch) -> Iterator[tuple[str, Float[Tensor, ""]]]:
        """Yield the discriminator's loss, as often as it steps, then the generator's.

        In validation there is no step to be taken, and the discriminator's loss is yielded once.

        Raises:
            ValueError: images or logits have the wrong shape.
        """
        generator, discriminator = self._optimizers
        *before, last = self._shares(batch)
        for share in before:
            with torch.no_grad():
                generated = self._generated(share)
            yield discriminator, self._discriminator_loss(share, generated)
        generated = self._generated(last)
        yield discriminator, self._discriminator_loss(last, generated.detach())
        yield generator, self._generator_loss(generated, last.labels)

    def terms(self) -> Mapping[str, Float[Tensor, ""]]:
        """What tells of divergence and collapse; all of it comes with the discriminator's loss."""
        return self._terms

    def evaluate(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Answer (generated images, images); no pair of them belongs together."""
        return self._generated(batch), batch.images

    def operations(self) -> Mapping[str, Callable[[Tensor], Tensor]]:
        """`generate`: images of noise."""
        shape = (self.latent_dim,)
        return {"generate": Operation(self.generate, "noise", "images", shape)}

    def generate(self, noise: Float[Tensor, "batch latent"], labels: Labels = None) -> Images:
        """Make images of noise.

        Args:
            noise: values drawn from the standard normal distribution, `latent_dim` for an image.
            labels: classes of the images, where the generator is conditional; by default all
                classes in turn.
        """
        if not self.num_classes:
            return self._generator(noise)
        if labels is None:
            labels = torch.arange(len(noise), device=noise.device) % self.num_classes
        return self._generator(noise, labels)

    def _shares(self, batch: Batch) -> list[Batch]:
        """The images of each step of the discriminator; all of them where they are too few."""
        num_steps = self._objective.discriminator_steps if torch.is_grad_enabled() else 1
        if num_steps == 1 or len(batch) < num_steps:
            return [batch] * num_steps
        images, indices = (v.tensor_split(num_steps) for v in (batch.images, batch.indices))
        labels = (
            [None] * num_steps if batch.labels is None else batch.labels.tensor_split(num_steps)
        )
        return list(map(Batch, images, labels, indices))

    def _generated(self, batch: Batch) -> Images:
        noise = torch.randn(len(batch), self.latent_dim, device=batch.images.device)
        images = self.generate(noise, batch.labels)
        if images.shape != batch.images.shape:
            found, expected = (_written(each) for each in (images, batch.images))
            raise ValueError(f"the generator answers images of {found}; the data's are {expected}")
        return images

    def _discriminator_loss(self, batch: Batch, generated: Images) -> Float[Tensor, ""]:
        real_logits, generated_logits = self._judged(batch, generated)
        loss = self._objective.discriminator_loss(real_logits, generated_logits)
        penalty = self._objective.penalty(
            lambda images: self._logits(images, batch.labels), batch.images, generated
        )
        self._note(real_logits.detach(), generated_logits.detach(), batch.images, generated)
        return loss if penalty is None else loss + penalty

    def _judged(self, batch: Batch, generated: Images) -> tuple[Tensor, Tensor]:
        """The logits of real and of generated images, in one pass where that is the same."""
        images, labels = batch.images, batch.labels
        if self._mixes_batches:
            return self._logits(images, labels), self._logits(generated, labels)
        twice = None if labels is None else torch.cat([labels, labels])
        real_logits, generated_logits = self._logits(torch.cat([images, generated]), twice).chunk(2)
        return real_logits, generated_logits

    def _generator_loss(self, generated: Images, labels: Labels) -> Float[Tensor, ""]:
        self._terms = {}
        with _frozen(self._discriminator):
            logits = self._logits(generated, labels)
        return self._objective.generator_loss(logits)

    def _logits(self, images: Images, labels: Labels) -> Float[Tensor, " batch"]:
        judge = self._discriminator
        logits = judge(images, labels) if self.num_classes else judge(images)
        if logits.numel() != len(images):
            message = f"the discriminator answers {_written(logits)} values for an image"
            raise ValueError(f"{message}; it must answer one logit")
        return logits.flatten()

    @torch.no_grad()
    def _note(self, real: Tensor, generated: Tensor, images: Tensor, fakes: Tensor) -> None:
        outputs, spread = self._objective.outputs, _spread
        self._terms = {
            "discriminator/real": outputs(real).mean(),
            "discriminator/generated": outputs(generated).mean(),
            "spread/real": spread(images),
            "spread/generated": spread(fakes),
        }


def latent_dim_of(generator: nn.Module) -> int:
    """Number of values of noise that a generator takes for an image.

    Raises:
        ValueError: it does not state any.
    """
    latent_dim = getattr(generator, "latent_dim", None)
    if latent_dim is None:
        name = type(generator).__name__
        raise ValueError(f"{name} makes no images of noise: it does not state latent_dim")
    return int(latent_dim)


def _num_classes(generator: nn.Module, discriminator: nn.Module) -> int:
    """Number of classes that both are told of; a network that states none is told of none."""
    made, judged = (getattr(each, "num_classes", 0) for each in (generator, discriminator))
    if made != judged:
        told, other = ("generator", "discriminator") if made else ("discriminator", "generator")
        message = f"the {told} is conditional and the {other} is not"
        raise ValueError(f"{message}; give `conditional: true` to both or to none")
    return made


@contextmanager
def _frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network's forward pass, but not into it."""
    trainable = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in trainable:
        weight.requires_grad = False
    try:
        yield
    finally:
        for weight in trainable:
            weight.requires_grad = True


def _spread(images: Images) -> Float[Tensor, ""]:
    return images.std(0, correction=0).mean()


def _written(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape[1:]))
