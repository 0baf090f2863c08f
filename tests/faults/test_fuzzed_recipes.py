"""Whatever stands in a recipe: it is read, or refused with an explanation."""

import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiers import scaled

from framework.errors import RecipeError
from framework.recipe.loading import load_document
from framework.recipe.schema import Recipe, read_recipe
from framework.recipe.shipped import shipped_recipes

pytestmark = pytest.mark.slow

RECIPES = [path.read_text(encoding="utf-8") for path in shipped_recipes().values()]
CHARACTERS = "\t\n\r\0[]{},\"'>%#\\~é\x85\u2028\ufeff\ud7ff"
WORDS = "010 1e400 .nan true null networks <<: !!int &a *a : - ? | --- ... extends: type:"
PIECES = st.sampled_from(
    [*CHARACTERS, *(f"{word} " for word in WORDS.split()), "  ", "---\n", "|\n"]
)
THOROUGH = settings(
    max_examples=scaled(fast=30, default=100, push=200, nightly=25_000), deadline=None
)


def outcome(data: bytes, overrides=()) -> Recipe | RecipeError:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recipe.yaml"
        file.write_bytes(data)
        try:
            return read_recipe(load_document(file, overrides))
        except RecipeError as error:
            refusal = error
    assert refusal.faults
    assert all(fault.identifier and fault.message for fault in refusal.faults)
    return refusal


@st.composite
def mutated(draw) -> str:
    text = draw(st.sampled_from(RECIPES))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(start + draw(st.integers(0, 12)), len(text))
        text = text[:start] + draw(PIECES | st.just(text[start:end] * 2)) + text[end:]
    return text


@given(st.binary(max_size=400))
@THOROUGH
def test_random_bytes_are_explained(data):
    assert isinstance(outcome(data), RecipeError)


@given(st.text(max_size=400) | st.lists(PIECES, max_size=60).map("".join))
@THOROUGH
def test_random_text_is_explained(text):
    assert isinstance(outcome(text.encode(errors="replace")), RecipeError)


@given(mutated())
@THOROUGH
def test_mutated_recipe_is_read_or_explained(text):
    assert isinstance(outcome(text.encode(errors="replace")), Recipe | RecipeError)


@given(
    st.lists(
        st.builds(
            "{}={}".format,
            st.text(string.ascii_lowercase + "._0123", max_size=30)
            | st.sampled_from(
                ["figures.0.type", "training", "networks.encoder.channels.1", "name"]
            ),
            st.text(max_size=20) | st.lists(PIECES, max_size=8).map("".join),
        )
        | st.text(max_size=20),
        max_size=4,
    )
)
@THOROUGH
def test_random_overrides_are_carried_out_or_explained(overrides):
    assert isinstance(outcome(RECIPES[0].encode(), overrides), Recipe | RecipeError)


def test_untouched_recipes_are_read():
    assert all(isinstance(outcome(text.encode()), Recipe) for text in RECIPES)
