"""The rooms of the house: imports point down only, stages do not know each other, NumPy is the only need."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "numjpeg"

# From the ground up. A module imports from storeys below its own; within a storey only where ROOMS_OPEN says so.
STOREYS = [
    {"errors", "sources", "workspace"},
    {"stages", "metrics"},
    {"coefficients", "colorspaces", "jpeg2000"},
    {"container"},
    {"pipeline", "entropy"},
    {"fast"},
    {"scans"},
    {"synthesis"},
    {"arguments", "restoration"},
    {"rate_distortion"},
    {"coefficient_files"},
    {"encoder", "decoder"},
    {"files", "edits"},
    {"batch"},
    {"forensics"},
    {"tools"},
    {"__main__", "__init__"},
]
# Packages; held to be without circles below.
ROOMS_OPEN = {
    "coefficient_files",
    "container",
    "forensics",
    "edits",
    "entropy",
    "fast",
    "jpeg2000",
    "rate_distortion",
    "restoration",
    "tools",
}
# What else a room needs, which the extra of its name installs.
EXTRAS = {
    "restoration/train": {"torch", "PIL", "pyjpegli", "pyvips"},
    "tools/pictures": {"PIL", "tqdm"},
    "tools/other_formats": {"PIL"},
    "tools/plugins/imageio_plugin": {"imageio"},
    "tools/plugins/pydicom_plugin": {"pydicom"},
    "tools/plugins/numcodecs_codec": {"numcodecs"},
    "tools/plugins/zarr_codec": {"zarr"},
    "tools/study": {"PIL", "tqdm", "matplotlib", "skimage", "scipy", "bjontegaard", "ssimulacra2", "pyjpegli"},
}

# Methods that call what stands on their own module, imported when they are called.
DOORS = {"coefficients": {"pipeline", "container"}}

MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({path.parent.relative_to(PACKAGE) for path in MODULES})


def room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def storey(name: str) -> int:
    return next(i for i, rooms in enumerate(STOREYS) if name in rooms)


@cache
def imported(module: Path) -> frozenset[str]:
    """Absolute names of what a module imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names.add(str(node.module))
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def own_rooms(module: Path) -> set[str]:
    rooms = {name.split(".")[1] for name in imported(module) if name.startswith("numjpeg.")}
    return {name for name in rooms if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()}


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_imports_point_down(folder: Path) -> None:
    for module in (PACKAGE / folder).glob("*.py"):
        if module == PACKAGE / "__init__.py":
            continue
        own = room(module)
        for other in own_rooms(module):
            if (other == own and own in ROOMS_OPEN) or other in DOORS.get(own, ()):
                continue
            assert storey(other) < storey(own), f"{module} imports {other}"


def test_fast_is_imported_only_where_it_is_used() -> None:
    """Within functions, which do without it where it is missing; not when a module is loaded."""
    outside = [module for module in MODULES if room(module) != "fast"]
    users = {module for module in outside if "fast" in own_rooms(module)}
    assert users
    for module in users:
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "numjpeg.fast" not in ast.unparse(node), module


def test_every_room_has_a_storey() -> None:
    assert {room(module) for module in MODULES} == set().union(*STOREYS)


def test_stages_do_not_import_each_other() -> None:
    for module in (PACKAGE / "stages").glob("*.py"):
        needed = {name for name in imported(module) if name.startswith("numjpeg")}
        assert needed <= {"numjpeg.errors", "numjpeg.errors.check_array"}, module


@pytest.mark.parametrize("name", sorted(ROOMS_OPEN))
def test_an_open_room_has_no_circles(name: str) -> None:
    paths = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in (PACKAGE / name).rglob("*.py")
    }
    modules = {module.removesuffix(".__init__"): imported(path) for module, path in paths.items()}
    assert len(modules) > 1
    edges = {
        module: {
            inside
            for inside in (other.removeprefix("numjpeg.") for other in names)
            if inside in modules and inside != module and inside != name
        }
        for module, names in modules.items()
    }
    done: set[str] = set()
    while len(done) < len(edges):
        free = {module for module, needs in edges.items() if module not in done and needs <= done}
        assert free, f"a circle among {sorted(set(edges) - done)}"
        done |= free


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_numpy_is_the_only_need(folder: Path) -> None:
    for module in (PACKAGE / folder).glob("*.py"):
        allowed = {"numjpeg", "numpy", *sys.stdlib_module_names}
        place = str(module.relative_to(PACKAGE))
        allowed |= set().union(*(needs for room, needs in EXTRAS.items() if place.startswith(room)))
        assert {name.split(".")[0] for name in imported(module)} <= allowed, module


def test_the_library_runs_where_pillow_cannot_be_imported() -> None:
    program = (
        "import sys; sys.modules['PIL'] = None\n"
        "import numpy as np, numjpeg\n"
        "image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)\n"
        "decoded = numjpeg.decode(numjpeg.encode(image, 100, subsampling='4:4:4'))\n"
        "assert numjpeg.psnr(image, decoded) > 40\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_public_name_is_there_and_listed() -> None:
    """In a fresh process, as most of them are imported when they are asked for."""
    program = (
        "import ast, inspect, numjpeg\n"
        "assert set(numjpeg.__all__) <= set(dir(numjpeg))\n"
        "assert not hasattr(numjpeg, 'nothing')\n"
        "tree = ast.walk(ast.parse(inspect.getsource(numjpeg)))\n"
        "seen = {alias.name for node in tree if isinstance(node, ast.ImportFrom) for alias in node.names}\n"
        "assert set(numjpeg.__all__) <= seen\n"  # by type checkers
        "from numjpeg import *\n"
        "assert all(globals()[name] is getattr(numjpeg, name) for name in numjpeg.__all__)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_importing_the_library_imports_nothing_heavy() -> None:
    program = (
        "import numjpeg, sys; numjpeg.encode, numjpeg.decode, numjpeg.psnr\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"PIL", "tqdm", "matplotlib", "scipy", "argparse", "multiprocessing", "concurrent"} & set(loaded)
