"""Where components are built: a failure is told in the words of the recipe, with its place."""

from collections.abc import Iterator
from contextlib import contextmanager

from framework.errors import Fault, FrameworkError, Infeasible, PluginError, RecipeError
from framework.recipe.documents import Document
from framework.recipe.plans import PlannedComponent

INFEASIBLE = "R017"
REFUSED_VALUES = "R018"
_FAILED = "P011"


@contextmanager
def construction(planned: PlannedComponent, document: Document) -> Iterator[None]:
    """Surround the building of a component.

    Args:
        planned: what is built.
        document: the recipe's text, for positions.

    Raises:
        RecipeError: a network cannot exist, or the component refuses its values.
        PluginError: it fails in a way that no recipe explains.
    """
    place = document.place(planned.path)
    label = planned.component.label
    try:
        yield
    except FrameworkError:
        raise
    except Infeasible as error:
        raise RecipeError(Fault(INFEASIBLE, str(error), planned.role, place)) from error
    except (ValueError, RuntimeError) as error:
        message = f"{label} cannot be built: {error}"
        raise RecipeError(Fault(REFUSED_VALUES, message, planned.role, place)) from error
    except (Exception, SystemExit) as error:
        message = f"{label} fails to build: {type(error).__name__}: {error}"
        raise PluginError(Fault(_FAILED, message, planned.role, place)) from error
