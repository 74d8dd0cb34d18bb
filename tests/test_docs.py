"""The documentation builds without a warning and leaves out nothing public."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ganzoo

ROOT = Path(__file__).parents[1]
NEEDED = ("mkdocs", "material", "mkdocstrings_handlers")
absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    if absent:
        pytest.skip(f"no {', '.join(absent)}: python -m pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)],
        cwd=ROOT,
        # The theme's notice of its own future is no warning about these pages.
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return folder


def described(site: Path) -> set[str]:
    pages = (page.read_text(encoding="utf-8") for page in site.rglob("index.html"))
    return set(re.findall(r'id="(ganzoo\.[\w.]+)"', "".join(pages)))


def test_everything_that_the_package_promises_has_its_place(site):
    found = described(site)
    promised = set()
    for name in ganzoo.__all__:
        thing = getattr(ganzoo, name)
        if isinstance(thing, type):
            promised.add(f"ganzoo.gans.{name}")
        elif name not in ("boxes", "interpolation"):
            promised.add(f"ganzoo.{name}")
            promised |= {
                f"ganzoo.{name}.{own}"
                for own in getattr(thing, "__all__", ())
                if callable(getattr(thing, own))
            }
    # A function may lie in a module of its own name.
    missing = {n for n in promised if f"{n}.{n.rpartition('.')[2]}" not in found}
    assert missing - found == set()


def test_links_between_pages_lead_somewhere():
    for page in (*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            if target.startswith("pictures/"):  # docs/hooks.py adds them
                target = f"../ganzoo/zoo/weights/{Path(target).name}"
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_start_page_has_the_readmes_first_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"quickstart-command -->\n(```sh\n.*?```)", readme, re.DOTALL)
    assert command is not None
    assert command[1] in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_examples_are_code(site):
    page = (site / "api" / "gans" / "index.html").read_text(encoding="utf-8")
    assert "Example:" not in page
    assert len(re.findall(r'Examples:</span></p>\s*<div class="highlight">', page)) > 2
