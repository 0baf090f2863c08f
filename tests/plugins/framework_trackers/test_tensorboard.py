import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from framework import TrackedRun
from framework_trackers.tensorboard import TensorBoard


def run_in(directory, *, name="run", iteration=0):
    return TrackedRun(
        recipe="tiny",
        name=name,
        directory=directory,
        group="",
        kind="training",
        config={"optimizer": {"lr": 0.1}},
        facts={},
        iteration=iteration,
    )


@pytest.fixture
def written(tmp_path):
    """What TensorBoard reads of a run of two epochs, the second of which was taken up anew."""
    first, second = TensorBoard(), TensorBoard()
    first.start(run_in(tmp_path))
    for iteration in (1, 2, 3):
        first.log({"train/loss": 1.0 / iteration}, iteration=iteration, epoch=1)
    first.finish({}, status="interrupted")
    second.start(run_in(tmp_path, iteration=2))
    second.log({"train/loss": 0.25}, iteration=4, epoch=2)
    picture = np.full((2, 4, 3), 200, np.uint8)
    second.image("pictures/reconstructions", picture, iteration=4, epoch=2)
    second.finish({"best/epoch": 2}, status="finished")
    return EventAccumulator(str(tmp_path / "tensorboard")).Reload()


def test_numbers_arrive_at_their_iterations(written):
    found = [(each.step, each.value) for each in written.Scalars("train/loss")]
    assert found == [(1, 1.0), (2, 0.5), (4, 0.25)]
    assert [each.value for each in written.Scalars("epoch")] == [1.0, 1.0, 2.0]


def test_pictures_arrive(written):
    (picture,) = written.Images("pictures/reconstructions")
    assert (picture.step, picture.width, picture.height) == (4, 4, 2)


def test_recipe_and_summary_arrive_as_text(written):
    texts = [
        written.Tensors(tag)[0].tensor_proto.string_val[0].decode()
        for tag in ("recipe/text_summary", "summary/text_summary")
    ]
    assert '"lr": 0.1' in texts[0]
    assert (
        "| best/epoch |"
        in written.Tensors("summary/text_summary")[-1].tensor_proto.string_val[0].decode()
    )


@pytest.mark.parametrize(("name", "folder"), [("run", "run"), ("run/fold-0", "run")])
def test_user_is_shown_the_folder_of_the_whole_run(tmp_path, name, folder):
    directory = tmp_path / name
    directory.mkdir(parents=True)
    tracker = TensorBoard()
    assert (
        tracker.start(run_in(directory, name=name)) == f"tensorboard --logdir {tmp_path / folder}"
    )
    tracker.finish({}, status="finished")
    assert list((directory / "tensorboard").iterdir())


def test_without_the_extra_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(RuntimeError, match=r"pip install 'ignite-framework\[tensorboard\]'"):
        TensorBoard().start(run_in(Path("nowhere")))


def test_parameters_say_what_is_asked_for():
    tracker = TensorBoard(every_num_iterations=None, images_every_num_epochs=5, gradient_norm=False)
    assert (tracker.every_num_iterations, tracker.images_every_num_epochs) == (None, 5)
    assert not tracker.wants_gradient_norm
