"""The package index's page, as the index makes it from a wheel: pictures are seen, links lead somewhere."""

from __future__ import annotations

import http.server
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote
from urllib.request import urlopen

import pytest
import requirements
from chromium import Browser

ROOT = Path(__file__).parents[1]


@pytest.fixture
def address() -> Iterator[str]:
    """Where the repository's files can be read."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=ROOT)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def description(folder: Path, address: str) -> str:
    """The long description of a wheel that is built with an address in pyproject.toml."""
    requirements.module("hatchling", "distributions", "hatchling is missing")
    for name in ("src", ".ci"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert project.count('\naddress = ""') == 1
    project = project.replace('\naddress = ""', f'\naddress = "{address}"')
    (folder / "pyproject.toml").write_text(project, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"], cwd=folder, check=True
    )
    [wheel] = (folder / "out").iterdir()
    with zipfile.ZipFile(wheel) as files:
        [name] = [name for name in files.namelist() if name.endswith("/METADATA")]
        fields, text = files.read(name).decode().split("\n\n", 1)
    assert "\nDescription-Content-Type: text/markdown" in fields
    return text


def rendered(text: str) -> str:
    """The page's HTML, by the index's own renderer."""
    markdown = requirements.module("readme_renderer.markdown", "distributions", "readme_renderer is missing")
    page = markdown.render(text)
    assert page is not None
    return str(page)


def test_pictures_and_files_are_there(tmp_path: Path, address: str, chromium: str) -> None:
    page = rendered(description(tmp_path, address))
    targets = re.findall(r'(?:src|href)="([^"]+)"', page)
    ours = [target for target in targets if target.startswith(address)]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert sorted(unquote(target).removeprefix(address + "/") for target in ours) == sorted(
        re.findall(r"\]\(((?:pic|src)/[^)]+)\)", readme)
    )
    assert all(target.startswith(("https://", "#")) for target in set(targets) - set(ours))
    for target in ours:
        with urlopen(target) as answer:
            assert answer.status == 200
    (tmp_path / "page.html").write_text(f'<meta charset="utf-8">{page}', encoding="utf-8")
    browser = Browser(chromium, tmp_path / "profile")
    browser.open(tmp_path / "page.html")
    widths = browser.value("Array.from(document.images).map(picture => picture.naturalWidth)")
    browser.close()
    assert len(widths) == len(re.findall(r"!\[", readme)) >= 2
    assert min(widths) > 300
    assert all(problem.startswith(f"it asked for {address}/pic/") for problem in browser.problems)


def test_without_an_address_no_picture_is_broken(tmp_path: Path) -> None:
    page = rendered(description(tmp_path, ""))
    assert "<img" not in page
    assert "<em>The coding and decoding pipeline</em>" in page
    assert all(target.startswith(("https://", "#")) for target in re.findall(r'href="([^"]+)"', page))
