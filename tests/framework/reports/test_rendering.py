import pytest
from jinja2 import UndefinedError

from framework.reports.rendering import render


def test_template_that_uses_a_name_it_is_not_given_is_an_error():
    with pytest.raises(UndefinedError, match="page"):
        render("run.html")
