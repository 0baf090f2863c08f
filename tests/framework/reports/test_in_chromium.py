"""The pages in a real browser, at the width of a desk and of a phone, by day and by night."""

import shutil

import pytest
from browser import browser

from framework.reports.reporting import report_runs

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, PROGRAMS)), None)

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=f"needs one of {', '.join(PROGRAMS)}")

LONG = "a_name_that_is_so_long_that_no_telephone_is_wide_enough_for_it" * 2


@pytest.mark.slow
def test_pages_are_whole_and_fit(make_run, make_folds, hand_built, tmp_path):
    figures = {"latent_map": {LONG: 0.5}, LONG: {}}
    first = make_run("one", meta={"name": LONG, "git": LONG}, figures=figures)
    folds = make_folds(figures=figures, log=f"2026 warning: {LONG}\n")
    pages = {
        report_runs([first]): 2,
        report_runs([folds]): 2,
        report_runs([first, folds], tmp_path / "both.html"): 4,
        report_runs([hand_built]): 0,  # what a search shows is drawn in the page
    }
    backgrounds = set()
    with browser(PROGRAM, tmp_path / "profile") as chromium:
        for page, num_images in pages.items():
            chromium.open(page)
            for width in (390, 1100, 1280):
                for scheme in ("light", "dark"):
                    look = chromium.look(width=width, scheme=scheme)
                    backgrounds.add((scheme, look["background"]))
                    assert (look["images"], look["broken"]) == (num_images, 0)
                    assert look["complaints"] == []
                    assert look["requests"] == [page.as_uri()]
                    assert (look["too_wide"], look["scroll_width"]) == ([], width)
    assert len(backgrounds) == 2


@pytest.mark.slow
def test_browser_notices_what_is_wrong(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text(
        "<main><img src='data:image/png;base64,AAAA'><img src='gone.png'>"
        "<div style='width: 900px'>wide</div></main><script>undefined.thing</script>"
    )
    with browser(PROGRAM, tmp_path / "profile") as chromium:
        chromium.open(page)
        look = chromium.look(width=390, scheme="light")
    assert (look["broken"], look["scroll_width"]) == (2, 908)
    assert look["complaints"]
    assert look["too_wide"]
    assert len(look["requests"]) == 2
