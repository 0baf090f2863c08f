from pathlib import Path

from framework.application import check
from framework.runs.metric_directions import metric_directions

SUPPORT = Path(__file__).parents[2] / "support"


def test_metrics_that_declare_a_direction_are_named():
    plan = check(
        SUPPORT / "tiny.yaml",
        overrides=["metrics=[largest_error, mse, psnr]", "checkpointing=null"],
        plugins=[SUPPORT / "tiny_images.py"],
    )
    assert metric_directions(plan) == {"mse": "min", "psnr": "max"}
