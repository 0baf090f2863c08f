"""What an objective does unless it says otherwise."""

import pytest
import torch

from framework.adversarial_objectives import AdversarialObjective


class Mean(AdversarialObjective):
    def discriminator_loss(self, real, generated):
        return (generated - real).mean()

    def generator_loss(self, generated):
        return -generated.mean()


def test_objective_has_to_say_both_losses():
    with pytest.raises(TypeError, match="discriminator_loss"):
        AdversarialObjective()


def test_objective_takes_one_step_has_no_penalty_and_answers_logits():
    objective, logits = Mean(), torch.tensor([1.0, -2.0])
    images = torch.zeros(2, 1, 2, 2)
    assert objective.discriminator_steps == 1
    assert objective.forbids_batch_norm is False
    assert objective.penalty(lambda _: logits, images, images) is None
    assert objective.outputs(logits) is logits
