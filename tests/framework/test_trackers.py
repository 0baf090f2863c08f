from pathlib import Path

import numpy as np

from framework.trackers import TrackedArtifact, Tracker


class Plain(Tracker):
    def start(self, run):
        return run.name

    def log(self, values, *, iteration, epoch):
        self.values = dict(values) | {"place": (iteration, epoch)}

    def finish(self, summary, *, status):
        pass


def test_three_methods_make_a_tracker(tmp_path):
    tracker = Plain()
    tracker.image("picture", np.zeros((2, 2, 3), np.uint8), iteration=1, epoch=1)
    tracker.table("table", ["a"], [[1.0]])
    tracker.artifact(TrackedArtifact(name="model", kind="model", files=[Path("best")]))
    assert tracker.sync(tmp_path) == ""


def test_a_tracker_asks_for_epochs_alone_unless_it_says_more():
    tracker = Plain()
    assert tracker.every_num_iterations is None
    assert tracker.images_every_num_epochs is None
    assert not tracker.wants_gradient_norm
