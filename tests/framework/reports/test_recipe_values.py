from framework.reports.recipe_values import (
    component_names,
    differences,
    opening_words,
    read_recipe_text,
    read_resolved,
)


def test_resolved_recipe_is_read(make_run):
    run = make_run()
    assert read_resolved(run)["networks"]["encoder"] == {"type": "conv_encoder", "latent_dim": 4}
    assert read_recipe_text(run, "resolved.yaml").startswith("format: 1\n")


def test_what_is_missing_is_empty(tmp_path):
    assert read_resolved(tmp_path) == {}
    assert read_recipe_text(tmp_path, "recipe.yaml") == ""


def test_recipe_says_what_it_is_for_in_the_comment_that_it_begins_with():
    assert opening_words("# One,\n# two.\nname: a\n# three\n") == "One, two."
    assert opening_words("name: a\n") == ""


def test_components_are_named():
    assert component_names({"type": "mse"}) == "mse"
    assert component_names("mse") == "mse"
    assert component_names(None) == ""
    assert component_names({"from": "base.yaml", "network": "encoder"}) == "from base.yaml"
    assert component_names({"a": {"type": "adam"}, "b": {"type": "sgd"}}) == "a adam, b sgd"


def test_only_keys_that_differ_are_shown():
    first = {"name": "a", "loss": {"type": "mse"}, "optimizer": {"lr": 0.1}, "x": [1, 2]}
    second = {"name": "b", "loss": {"type": "bce"}, "optimizer": {"lr": 0.1}, "x": [1, 3]}
    found = [(row.key, list(row.values)) for row in differences([first, second])]
    assert found == [("loss.type", ["'mse'", "'bce'"]), ("x", ["[1, 2]", "[1, 3]"])]


def test_missing_key_is_a_difference_and_lists_of_components_are_taken_apart():
    first = {"metrics": [{"type": "mse"}, {"type": "psnr"}], "scheduler": {"type": "step"}}
    second = {"metrics": [{"type": "mse"}]}
    found = [(row.key, list(row.values)) for row in differences([first, second])]
    assert found == [("metrics.1.type", ["'psnr'", "—"]), ("scheduler.type", ["'step'", "—"])]


def test_equal_recipes_have_no_differences():
    assert differences([{"a": 1}, {"a": 1}]) == []
