"""Whatever a constructor raises is told with the place in the recipe."""

import pytest

from framework.errors import DataError, Fault, Infeasible, PluginError, Position, RecipeError
from framework.recipe.construction import construction
from framework.recipe.loading import load_document
from framework.recipe.plans import PlannedComponent
from framework.registry import Component, Plugin

TEXT = "networks:\n  encoder: {type: deep}\nmetrics: [mse, ssim]\n"


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(TEXT)
    return load_document(path)


@pytest.mark.parametrize(
    ("raised", "error", "identifier", "message"),
    [
        (Infeasible("conv layer 2: no output"), RecipeError, "R017", "conv layer 2: no output"),
        (
            ValueError("width 3 is odd"),
            RecipeError,
            "R018",
            "network 'deep' of plugin 'ours' cannot be built: width 3 is odd",
        ),
        (
            NotImplementedError("on meta"),
            RecipeError,
            "R018",
            "network 'deep' of plugin 'ours' cannot be built: on meta",
        ),
        (
            AttributeError("no such thing"),
            PluginError,
            "P011",
            "network 'deep' of plugin 'ours' fails to build: AttributeError: no such thing",
        ),
    ],
)
def test_failure_is_a_fault_at_its_place(document, raised, error, identifier, message):
    with pytest.raises(error) as caught, construction(planned("networks.encoder"), document):
        raise raised
    (fault,) = caught.value.faults
    place = Position(str(document.source), 2, 12)
    assert (fault.identifier, fault.message, fault.key) == (identifier, message, "networks.encoder")
    assert fault.place == place
    assert caught.value.__cause__ is raised


def test_item_of_a_list_has_its_own_place(document):
    with pytest.raises(RecipeError) as caught, construction(planned("metrics.1"), document):
        raise ValueError
    assert caught.value.faults[0].place == Position(str(document.source), 3, 16)


def test_what_is_explained_already_passes(document):
    explained = DataError(Fault("D026", "no such file"))
    with pytest.raises(DataError) as caught, construction(planned("networks.encoder"), document):
        raise explained
    assert caught.value is explained


def test_nothing_happens_where_nothing_fails(document):
    with construction(planned("networks.encoder"), document):
        pass


def planned(role):
    return PlannedComponent(role, Component("network", "deep", Plugin("ours"), print), {}, {})
