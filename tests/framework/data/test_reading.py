"""What a worker process answers."""

import pickle

import torch
from PIL import Image

from framework.data.reading import Reading, unchanged
from framework_vision.picture_files import PictureFiles


def test_worker_answers_a_batch_or_its_faults(tmp_path):
    Image.new("L", (3, 3), 7).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    files = PictureFiles([tmp_path / "good.png", tmp_path / "bad.png"], (1, 2, 2))
    reading = pickle.loads(pickle.dumps(Reading(files)))  # noqa: S301  as it is sent to a worker
    assert unchanged(reading[torch.tensor([0, 0])]).tolist() == [[[[7, 7], [7, 7]]]] * 2
    (fault,) = unchanged(reading[torch.tensor([0, 1])])
    assert (fault.identifier, fault.place) == ("D083", str(tmp_path / "bad.png"))
