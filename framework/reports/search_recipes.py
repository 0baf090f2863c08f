"""The recipe of a trial, for running it without the search."""

from framework.errors import Fault, SearchError
from framework.recipe.writing import yaml_text
from framework.reports.quantities import number_text
from framework.reports.recipe_values import read_resolved
from framework.runs.records import read_state
from framework.runs.search.findings import FoundTrial, SearchFindings

_NOT_OF_A_TRIAL = ("name", "search", "executor")


def chosen_trial(findings: SearchFindings, number: int | None = None) -> FoundTrial:
    """The trial with a number; by default the one that is kept, or the best so far.

    Raises:
        SearchError: there is no such trial, or none that has a value.
    """
    directory = findings.directory
    if number is not None:
        found = [t for t in findings.trials if t.number == number and t.run]
        message = f"no trial {number} that was trained"
        hint = f"framework search trials {directory} lists them"
    else:
        kept = read_state(directory).kept
        found = [t for t in findings.best if t.run == kept] or findings.best
        message, hint = "no trial is complete and keeps the constraints", "let it go on"
    if not found:
        raise SearchError(Fault("O073", message, place=str(directory), hint=hint))
    return found[0]


def recipe_of(findings: SearchFindings, trial: FoundTrial) -> str:
    """The recipe of a trial as YAML: resolved, with every value that it has drawn.

    Its runs are kept in a folder of their own, `<name>-best` or `<name>-trial-0007`.

    Raises:
        SearchError: its run directory is gone.
    """
    directory = findings.directory / trial.run
    resolved = read_resolved(directory)
    if not resolved:
        fault = Fault("O073", "the run directory of the trial is gone", place=str(directory))
        raise SearchError(fault)
    values = {key: value for key, value in resolved.items() if key not in _NOT_OF_A_TRIAL}
    is_best = trial in findings.best
    name = f"{resolved['name']}-{'best' if is_best else trial.run}"
    found = ", ".join(
        f"{each.name} {number_text(value)}"
        for each, value in zip(findings.sought, trial.values, strict=False)
    )
    opening = f"# {trial.run} of the search {findings.directory.name}" + (
        f": {found}" if found else ""
    )
    return f"{opening}\n{yaml_text({'name': name} | values)}"
