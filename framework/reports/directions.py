"""Which way a quantity gets better, where that was declared."""

from collections.abc import Mapping
from typing import Any

from framework.runs.records import RunRecord

LOSS = "loss"


def directions_of(record: RunRecord, meta: Mapping[str, Any]) -> dict[str, str]:
    """`min` or `max` by quantity, without a split: what metrics declare, and what was monitored.

    A single loss is minimised by definition; of several losses nothing is known.

    Args:
        record: the run.
        meta: what it recorded of its beginning.
    """
    known = {LOSS: "min"} | dict(meta.get("directions", {}))
    for run in (record, *record.parts):
        if run.best is not None and run.best.metric is not None and run.best.mode is not None:
            known[run.best.metric.partition("/")[2]] = run.best.mode
    return known
