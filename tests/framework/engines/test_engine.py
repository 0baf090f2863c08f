"""Failures reach the caller, whatever is attached."""

import pytest
from ignite.engine import Events

from framework.engines.engine import ReliableEngine


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
def test_engine_raises_though_a_silent_handler_is_attached(error, capsys):
    def step(_engine, _batch):
        raise error

    seen = []
    engine = ReliableEngine(step)
    engine.add_event_handler(Events.EXCEPTION_RAISED, lambda _, e: seen.append(e))
    with pytest.raises(type(error)):
        engine.run([0], max_epochs=1)
    assert seen[0] is error
    assert capsys.readouterr().err == ""


def test_engine_raises_what_a_handler_raises():
    engine = ReliableEngine(lambda _engine, _batch: None)

    @engine.on(Events.EPOCH_COMPLETED)
    def fails():
        raise RuntimeError("handler")

    with pytest.raises(RuntimeError, match="handler"):
        engine.run([0], max_epochs=1)
