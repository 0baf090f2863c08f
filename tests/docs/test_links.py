"""Links of the README and of every page lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<(?:img|a)\s[^>]*(?:src|href)=\"([^\"]+)\"")


def test_pages_are_found():
    names = {str(page.relative_to(ROOT)) for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/faults.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert [link for link in links(page.read_text(encoding="utf-8")) if is_dead(page, link)] == []


def test_dead_links_are_noticed():
    page = ROOT / "CONTRIBUTING.md"
    text = 'See [a](docs/nothing.md), [b](#no-such-heading) and <img src="docs/nothing.png">.'
    assert all(is_dead(page, link) for link in links(text))
    assert len(links(text)) == 3
    assert not is_dead(page, "#setting-up")
    assert not is_dead(page, "docs/decisions.md")


def links(text: str) -> list[str]:
    return [first or second for first, second in LINK.findall(without_code(text))]


def is_dead(page: Path, link: str) -> bool:
    """Whether a link within the repository misses; links to other sites are not followed."""
    if re.match(r"[a-z]+:", link):
        return False
    file, _, heading = link.partition("#")
    target = page.parent / file if file else page
    if not target.resolve().is_relative_to(ROOT) or not target.exists():
        return True
    return bool(heading) and heading not in anchors(target.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", without_code(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
