import json
import shutil

import pytest
from hand_built_search import make_study

from framework.errors import SearchError
from framework.recipe.loading import load_document
from framework.reports.search_recipes import chosen_trial, recipe_of
from framework.runs.search.findings import read_findings


def test_recipe_of_the_best_trial_has_what_it_drew_and_no_search(hand_built, tmp_path):
    findings = read_findings(hand_built)
    trial = chosen_trial(findings)
    text = recipe_of(findings, trial)
    (tmp_path / "best.yaml").write_text(text)
    values = load_document(tmp_path / "best.yaml").values
    assert text.startswith(f"# trial-0002 of the search {hand_built.name}: objective 0.25\n")
    assert values["name"] == "tiny-best"
    assert values["optimizer"] == {"type": "adam", "lr": 0.02}
    assert values["networks"]["encoder"] == {
        "type": "conv_encoder",
        "channels": [7],
        "latent_dim": 6,
    }
    assert "search" not in values


def test_another_trial_is_taken_where_it_is_named(hand_built):
    findings = read_findings(hand_built)
    assert chosen_trial(findings, 5).number == 5
    with pytest.raises(SearchError, match="the run directory of the trial is gone"):
        recipe_of(findings, chosen_trial(findings, 5))


@pytest.mark.parametrize("number", [1, 77])
def test_trial_that_was_not_trained_is_a_fault(hand_built, number):
    with pytest.raises(SearchError, match=f"no trial {number} that was trained"):
        chosen_trial(read_findings(hand_built), number)


def test_best_of_the_front_is_the_one_whose_weights_are_kept(hand_built):
    state = json.loads((hand_built / "state.json").read_text())
    (hand_built / "state.json").write_text(json.dumps(state | {"kept": ""}))
    assert chosen_trial(read_findings(hand_built)).number == 2
    (hand_built / "study.db").unlink()
    with pytest.raises(SearchError, match="no trial is complete"):
        chosen_trial(read_findings(hand_built))


def test_recipe_of_a_front_says_what_else_there_is_to_choose(hand_built):
    (hand_built / "study.db").unlink()
    values = [(0.5, 1.0), (0.75, 3.0), (0.25, 2.0)]
    make_study(
        hand_built,
        [{"values": each} for each in values],
        directions=("minimize", "minimize"),
        names=("loss", "size"),
    )
    findings = read_findings(hand_built)
    text = recipe_of(findings, chosen_trial(findings))
    assert text.splitlines()[:4] == [
        f"# trial-0002 of the search {hand_built.name}: loss 0.25, size 2",
        "# the best in loss of a Pareto front; --trial N takes another one:",
        "#   0: loss 0.5, size 1",
        "name: tiny-best",
    ]
    shutil.copytree(hand_built / "trial-0002", hand_built / "trial-0000")
    assert "name: tiny-trial-0000" in recipe_of(findings, chosen_trial(findings, 0))
