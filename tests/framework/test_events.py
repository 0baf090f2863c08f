"""Our events can be fired on any engine of ours and counted like Ignite's."""

from ignite.engine import Engine

from framework.events import FitEvents


def test_events_fire_on_an_engine_that_knows_them():
    engine = Engine(lambda _engine, _batch: None)
    engine.register_events(*FitEvents)
    fired = []
    for event in FitEvents:
        engine.add_event_handler(event, fired.append, event)
        engine.fire_event(event)
    assert fired == list(FitEvents)
