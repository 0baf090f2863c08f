"""What the README shows is what there is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_shows_the_quickstart_as_it_is():
    (shown,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    lines = (ROOT / "recipes" / "quickstart.yaml").read_text(encoding="utf-8").splitlines()
    written = "\n".join(line for line in lines if not line.startswith("#"))
    assert shown.strip() == written.strip()


def test_readme_shows_the_plugin_of_the_plugin_page():
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert shown in page
