import pytest
import torch

from framework.contracts import DataBundle, ImageSet
from framework.runs.execution import Execution
from framework.runs.interruption import Interruption
from framework.runs.options import Options


@pytest.mark.parametrize(
    ("outer", "inner", "whole"),
    [("", "fold 2", "fold 2"), ("seed 1", "fold 2", "seed 1, fold 2"), ("seed 1", "", "seed 1")],
)
def test_training_is_named_within_the_part_that_it_belongs_to(outer, inner, whole):
    images = ImageSet(torch.zeros(1, 1, 2, 2))
    bundle, cpu = DataBundle(images, images), torch.device("cpu")
    execution = Execution(bundle, cpu, Options(), Interruption(), label=outer)
    assert execution.labelled(inner) == whole
