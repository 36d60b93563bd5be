"""What the tests share: pictures, Pillow as the reference, and the outside material that may be missing.

The tests need NumPy, Pillow and pytest. What else a test needs is looked for, and the test is skipped, saying so,
where it is missing; the environment variable NUMJPEG_REQUIRE names what must not be missing, in words such as
"chromium corpus field cjpeg distributions djpeg hypothesis imagecodecs letters plugins rivals skimage study"
(distributions: what builds them and renders the index's page; field: the odd files of daily use; letters: that
pictures are drawn to the pixel as those in pic/; rivals: jpeglib, mozjpeg-lossless-optimization, GDCM,
pylibjpeg-libjpeg and pylibjpeg-openjpeg, which no extra installs).
"""

from __future__ import annotations

import csv
import gc
import importlib
import io
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from command_line import photo, pillow_jpeg
from PIL import Image
from requirements import REQUIRED


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as a sweep what the marker ``usual`` leaves out: those tests run only with ``-m ""``."""
    cases: Counter[object] = Counter()
    for item in items:
        usual = item.get_closest_marker("usual")
        if usual is None or not isinstance(item, pytest.Function):
            continue
        every = usual.kwargs.get("every")
        if cases[item.function] % every if every else item.callspec.id not in usual.args:
            item.add_marker("sweep")
        cases[item.function] += 1


def pytest_collection_finish() -> None:
    """Spare the garbage collector the thousands of collected tests, which stay to the end."""
    gc.collect()
    gc.freeze()


CORPUS = Path(os.environ.get("NUMJPEG_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
FIELD = Path(os.environ.get("NUMJPEG_FIELD", CORPUS.parent / "field"))


def _missing(what: str, reason: str) -> None:
    if what in REQUIRED:
        pytest.fail(f"{what} is required here, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of the corpus."""
    if not (CORPUS / "MANIFEST.csv").is_file():
        _missing("corpus", "the corpus of real files is not here")
    return CORPUS


@pytest.fixture(scope="session", params=["sample", "whole"])
def manifest(request: pytest.FixtureRequest, corpus: Path) -> list[dict[str, str]]:
    """The rows of the corpus's manifest: of each kind of file the smallest one, or all.

    A test that takes it is marked ``usual("sample")``: all files are a sweep.
    """
    with (corpus / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if request.param == "whole":
        return rows
    smallest: dict[tuple[str | bool, ...], dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: int(row["size"])):
        sums = (bool(row[column]) for column in ("pillow_sha256", "ref2_sha256", "pillow_truncated_sha256"))
        smallest.setdefault((row["category"], row["sof"], row["components"], *sums), row)
    return sorted(smallest.values(), key=lambda row: row["path"])


@pytest.fixture(scope="session", params=["sample", "whole"])
def photos(request: pytest.FixtureRequest, corpus: Path) -> list[Path]:
    """The lossless pictures of the corpus: of each kind the smallest file, or all. Take it as ``manifest``."""
    folders = sorted(path for path in (corpus / "photos").iterdir() if path.is_dir())
    kinds = [sorted(folder.glob("*.png"), key=lambda path: path.stat().st_size) for folder in folders]
    return [path for kind in kinds for path in (kind[:1] if request.param == "sample" else sorted(kind))]


@pytest.fixture(scope="session")
def field() -> Path:
    """The folder of odd files as they are met in use, each with what must come out of it."""
    if not (FIELD / "EXPECTED.csv").is_file():
        _missing("field", "the folder of odd files is not here")
    return FIELD


@pytest.fixture(scope="session")
def cjpeg() -> str:
    """libjpeg-turbo's own encoder."""
    path = shutil.which("cjpeg")
    if path is None:
        _missing("cjpeg", "cjpeg is not installed (Debian: libjpeg-turbo-progs)")
    return str(path)


@pytest.fixture
def jpegtran(cjpeg: str, tmp_path: Path) -> Callable[..., bytes | None]:
    """libjpeg-turbo's lossless editor: a file edited with some arguments; None where it gives up."""

    def run(data: bytes, *arguments: str) -> bytes | None:
        (tmp_path / "in.jpg").write_bytes(data)
        command = [str(Path(cjpeg).with_name("jpegtran")), "-copy", "all", *arguments, str(tmp_path / "in.jpg")]
        done = subprocess.run(command, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    return run


@pytest.fixture(scope="session")
def djpeg() -> Callable[[bytes], np.ndarray | None]:
    """libjpeg-turbo's own decoder: a file's pixels, warnings or not; None where it gives up."""
    path = shutil.which("djpeg")
    if path is None:
        _missing("djpeg", "djpeg is not installed (Debian: libjpeg-turbo-progs)")

    def decode(data: bytes) -> np.ndarray | None:
        done = subprocess.run([str(path), "-pnm"], input=data, capture_output=True, check=False)
        return np.asarray(Image.open(io.BytesIO(done.stdout))) if done.returncode in (0, 2) else None

    return decode


@pytest.fixture(scope="session")
def skimage() -> ModuleType:
    """scikit-image, a reference for PSNR."""
    try:
        for name in ("skimage.data", "skimage.metrics"):
            importlib.import_module(name)
    except ImportError:
        _missing("skimage", "scikit-image is not installed")
    return importlib.import_module("skimage")


@pytest.fixture(scope="session")
def imagecodecs() -> ModuleType:
    """imagecodecs, whose jpeg8 is libjpeg-turbo for what Pillow does not read or write."""
    try:
        return importlib.import_module("imagecodecs")
    except ImportError:
        _missing("imagecodecs", "imagecodecs is not installed (extra dev)")
        raise


@pytest.fixture(scope="session")
def study() -> None:
    """What the extras study and cluster install."""
    for name in (
        "matplotlib",
        "skimage",
        "scipy",
        "bjontegaard",
        "ssimulacra2",
        "pyjpegli",
        "tqdm",
        "distributed",
    ):
        try:
            importlib.import_module(name)
        except ImportError:
            _missing("study", f"{name} is not installed (extras study and cluster)")


@pytest.fixture(scope="session")
def chromium() -> str:
    """A browser without a window."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        _missing("chromium", "Chromium is not installed (Debian: chromium)")
    return str(path)


@pytest.fixture(scope="session")
def host() -> Callable[[str], ModuleType]:
    """Imports a package that numjpeg plugs into; the extra "plugins" installs all of them."""

    def find(name: str) -> ModuleType:
        try:
            return importlib.import_module(name)
        except ImportError:
            _missing("plugins", f"{name} is not installed (extra plugins)")
            raise

    return find


@pytest.fixture(scope="session")
def hypothesis() -> ModuleType:
    """Hypothesis, which makes up files."""
    try:
        return importlib.import_module("hypothesis")
    except ImportError:
        _missing("hypothesis", "hypothesis is not installed")
        raise


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell tells what it starts in the background to ignore SIGINT; what a test starts is to heed it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """A picture that is no JPEG file."""
    path = tmp_path / "photo.png"
    Image.fromarray(photo()).save(path)
    return path


@pytest.fixture
def jpg(tmp_path: Path) -> Path:
    """A JPEG file that Pillow wrote of the same pixels, under another name."""
    path = tmp_path / "file.jpg"
    path.write_bytes(pillow_jpeg(photo()))
    return path
