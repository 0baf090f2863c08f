from pathlib import Path

import numpy as np
import pytest

from framework.handlers.tracked_part import TrackedPart
from framework.handlers.tracker_fence import TrackerFence
from framework.trackers import TrackedArtifact, TrackedRun, Tracker


class Listening(Tracker):
    """Keeps what it is told."""

    def __init__(self, *, every=None, norm=False, images=None, fails=()):
        self.every_num_iterations = every
        self.wants_gradient_norm = norm
        self.images_every_num_epochs = images
        self.told, self._fails = [], fails

    def _note(self, *told):
        self.told.append(told)
        if told[0] in self._fails:
            raise ValueError(told[0])

    def start(self, run):
        self._note("start", run.name)
        return "here"

    def log(self, values, *, iteration, epoch):
        self._note("log", values, iteration, epoch)

    def image(self, name, image, *, iteration, epoch):
        image[:] = 7  # it is its own to spoil
        self._note("image", name, iteration, epoch)

    def table(self, name, columns, rows):
        self._note("table", name, columns, rows)

    def artifact(self, artifact):
        self._note("artifact", artifact.name)

    def finish(self, summary, *, status):
        self._note("finish", summary, status)


def described(iteration):
    return TrackedRun(
        recipe="tiny",
        name=f"after {iteration}",
        directory=Path(),
        group="",
        kind="training",
        config={},
        facts={},
        iteration=iteration,
    )


@pytest.fixture
def begun():
    """Makes a part with these trackers, which have begun."""
    fences = []

    def make(*trackers):
        builders = []
        for number, tracker in enumerate(trackers):
            fences.append(TrackerFence(f"tracker-{number}", str))
            builders.append((fences[-1], lambda tracker=tracker: tracker))
        part = TrackedPart(builders, described)
        part.start(iteration=4)
        return part

    yield make
    for fence in fences:
        fence.close()


def test_all_calls_reach_every_tracker_in_order(begun):
    trackers = Listening(images=1), Listening(images=1)
    part = begun(*trackers)
    part.log({"train/loss": 1.0}, iteration=8, epoch=1)
    part.show_training({"one": np.zeros((1, 1, 3), np.uint8)}, iteration=8, epoch=1)
    part.table("parts", ["part"], [["fold-0"]])
    part.artifact(TrackedArtifact(name="m", kind="model"))
    part.finish({"best/epoch": 1}, status="finished")
    for tracker in trackers:
        assert tracker.told == [
            ("start", "after 4"),
            ("log", {"train/loss": 1.0}, 8, 1),
            ("image", "one", 8, 1),
            ("table", "parts", ["part"], [["fold-0"]]),
            ("artifact", "m"),
            ("finish", {"best/epoch": 1}, "finished"),
        ]
    assert part.where == {"tracker-0": "here", "tracker-1": "here"}


def test_rows_within_epochs_go_to_those_that_ask_for_them(begun):
    seldom, often, never = Listening(every=4), Listening(every=2, norm=True), Listening()
    part = begun(seldom, often, never)
    values = {"iteration/loss": 1.0, "iteration/gradient_norm/generator": 2.0}
    assert [part.wants_iteration(number) for number in (1, 2, 4)] == [False, True, True]
    assert part.wants_gradient_norm(2)
    for iteration in (2, 4):
        part.log_iteration(values, iteration=iteration, epoch=1)
    assert often.told[1:] == [("log", values, 2, 1), ("log", values, 4, 1)]
    assert seldom.told[1:] == [("log", {"iteration/loss": 1.0}, 4, 1)]
    assert len(never.told) == 1


def test_gradients_are_not_measured_for_a_tracker_that_does_not_ask(begun):
    assert not begun(Listening(every=1)).wants_gradient_norm(1)


def test_pictures_come_after_the_first_epoch_and_every_so_many(begun):
    part = begun(Listening(images=3), Listening())
    assert [epoch for epoch in range(1, 8) if part.wants_images(epoch)] == [1, 3, 6]


def test_a_tracker_cannot_spoil_the_picture_of_another(begun):
    picture = np.zeros((1, 1, 3), np.uint8)
    begun(Listening()).show({"figures/one": picture}, iteration=1, epoch=1)
    assert not picture.any()


def test_a_tracker_that_does_not_begin_is_told_nothing_more(begun):
    broken, sound = Listening(fails=("start",)), Listening()
    part = begun(broken, sound)
    part.log({"a": 1.0}, iteration=1, epoch=1)
    assert len(broken.told) == 1
    assert len(sound.told) == 2
    assert part.where == {"tracker-1": "here"}
    assert part.has_begun


def test_a_second_end_does_nothing(begun):
    tracker = Listening()
    part = begun(tracker)
    for _ in range(2):
        part.finish({}, status="finished")
    assert [call for call, *_ in tracker.told] == ["start", "finish"]
