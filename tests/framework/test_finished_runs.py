import pytest
from matplotlib.figure import Figure as MatplotlibFigure

from framework.finished_runs import Figure, Picture


def test_figure_has_to_be_implemented():
    with pytest.raises(TypeError, match="abstract"):
        Figure()


def test_figure_needs_no_epochs_unless_it_says_otherwise():
    assert tuple(Figure.epochs) == ()


def test_matplotlib_draws_pictures():
    assert isinstance(MatplotlibFigure(), Picture)
    assert not isinstance(object(), Picture)
