"""CHANGELOG.md keeps the form of Keep a Changelog 1.1.0."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
RELEASE = re.compile(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d{2}-\d{2})")


def test_changelog_opens_with_its_title_and_the_unreleased():
    assert CHANGELOG.startswith("# Changelog\n")
    assert headings(2)[0] == "[Unreleased]"


def test_releases_have_a_date_and_stand_newest_first():
    assert is_ordered(headings(2)[1:])


@pytest.mark.parametrize(
    "releases", [["0.2.0"], ["[0.1.0] - 2026-01-02", "[0.2.0] - 2026-01-01"], ["[1.0] - today"]]
)
def test_a_release_out_of_form_is_noticed(releases):
    assert not is_ordered(releases)


def test_changes_are_of_known_kinds_and_none_is_empty():
    sections = re.split(r"^### ", CHANGELOG, flags=re.MULTILINE)[1:]
    assert sections
    for section in sections:
        kind, _, entries = section.partition("\n")
        assert kind in KINDS
        assert entries.strip().startswith("- ")


def test_version_of_the_project_is_unreleased_or_has_its_entry():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = headings(2)[1:2]
    released = RELEASE.match(newest[0]) if newest else None
    version = tuple(int(part) for part in project["version"].split("."))
    assert released is None or tuple(map(int, released.groups()[:3])) <= version


def headings(level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+)$", CHANGELOG, flags=re.MULTILINE)


def is_ordered(releases: list[str]) -> bool:
    matches = [RELEASE.fullmatch(release) for release in releases]
    keys = [(*map(int, match.groups()[:3]), match[4]) for match in matches if match]
    return all(matches) and keys == sorted(keys, reverse=True)
