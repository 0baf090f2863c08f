"""Our Ignite events. Each fires once in its place; `docs/handlers.md` shows their order."""

from ignite.engine import EventEnum


class FitEvents(EventEnum):
    """Events of a fit beyond Ignite's own, fired on the trainer.

    Ignite's STARTED and COMPLETED fire at every advance of one epoch; handlers use these instead.
    Per loss: BACKWARD_COMPLETED, OPTIMIZER_STEPPED. Per epoch, after Ignite's EPOCH_COMPLETED:
    VALIDATING, then the evaluation, VALIDATED, SAVING. FIT_STARTED fires once per process,
    FIT_ENDED once, when training is over.
    """

    FIT_STARTED = "fit_started"
    BACKWARD_COMPLETED = "backward_completed"
    OPTIMIZER_STEPPED = "optimizer_stepped"
    VALIDATING = "validating"
    VALIDATED = "validated"
    SAVING = "saving"
    FIT_ENDED = "fit_ended"
