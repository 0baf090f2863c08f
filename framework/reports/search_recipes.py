"""The recipe of a trial, for running it without the search."""

from framework.errors import Fault, SearchError
from framework.recipe.writing import yaml_text
from framework.reports.quantities import number_text
from framework.reports.recipe_values import read_resolved
from framework.runs.records import read_state
from framework.runs.search.findings import SearchFindings
from framework.runs.search.found_trials import FoundTrial

_NOT_OF_A_TRIAL = ("name", "search", "executor")
_NUM_CHOICES = 20


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
        found = _best(findings)
        message = "no trial is complete and keeps the constraints"
        hint = f"framework search trials {directory} tells how they have ended"
    if not found:
        raise SearchError(Fault("O073", message, place=str(directory), hint=hint))
    return found[0]


def recipe_of(findings: SearchFindings, trial: FoundTrial) -> str:
    """The recipe of a trial as YAML: resolved, with every value that it has drawn.

    Its runs are kept in a folder of their own, `<name>-best` or `<name>-trial-0007`. Of a Pareto
    front it says what else there is to choose.

    Raises:
        SearchError: its run directory is gone.
    """
    directory = findings.directory / trial.run
    resolved = read_resolved(directory)
    if not resolved:
        fault = Fault("O073", "the run directory of the trial is gone", place=str(directory))
        raise SearchError(fault)
    values = {key: value for key, value in resolved.items() if key not in _NOT_OF_A_TRIAL}
    is_best = _best(findings)[:1] == [trial]
    name = f"{resolved['name']}-{'best' if is_best else trial.run}"
    found = _values_text(findings, trial)
    opening = f"# {trial.run} of the search {findings.directory.name}" + (
        f": {found}" if found else ""
    )
    lines = [opening, *_choice(findings, trial)]
    return "\n".join([*lines, yaml_text({"name": name} | values)])


def _best(findings: SearchFindings) -> list[FoundTrial]:
    """The best trials, that whose weights are kept first."""
    kept = read_state(findings.directory).kept
    return sorted(findings.best, key=lambda trial: trial.run != kept)


def _choice(findings: SearchFindings, trial: FoundTrial) -> list[str]:
    """What a reader is told of the rest of a Pareto front, as lines of comments."""
    others = [each for each in findings.best if each != trial]
    if not others or trial not in findings.best:
        return []
    place = f"the best in {findings.sought[0].name}" if trial == findings.best[0] else "one"
    opening = f"# {place} of a Pareto front; --trial N takes another one:"
    rows = [f"#   {each.number}: {_values_text(findings, each)}" for each in others[:_NUM_CHOICES]]
    num_more = len(others) - len(rows)
    return [opening, *rows, *([f"#   and {num_more} more"] if num_more else [])]


def _values_text(findings: SearchFindings, trial: FoundTrial) -> str:
    return ", ".join(
        f"{each.name} {number_text(value)}"
        for each, value in zip(findings.sought, trial.values, strict=False)
    )
