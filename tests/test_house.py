"""The size of the rooms: what can be read at a glance stays so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "numjpeg"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted({path.parent.relative_to(PACKAGE) for path in MODULES})

LONG_FUNCTIONS: dict[str, str] = {
    # Tables and parsers may be long: "module.function": why.
}


def functions(path: Path) -> list[tuple[str, int]]:
    """Name and number of lines, docstring not counted, of each function of a module."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            assert node.end_lineno is not None
            found.append((f"{path.stem}.{node.name}", node.end_lineno - body[0].lineno + 1))
    return found


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in MODULES}), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_no_function_is_longer_than_a_screen_and_no_file_than_ten(folder: Path) -> None:
    for path in folder.glob("*.py"):
        assert path.read_text(encoding="utf-8").count("\n") <= 600, path
        too_long = {name: lines for name, lines in functions(path) if lines > 60 and name not in LONG_FUNCTIONS}
        assert not too_long, path


def test_no_room_has_more_than_14_modules() -> None:
    for folder in {path.parent for path in MODULES}:
        modules = [path for path in folder.glob("*.py") if not path.stem.startswith("__")]
        assert len(modules) <= 14, folder


TESTED_WITH = {
    # A part of another module, and tested through it.
    "fast/codewords/proven_words": "test_automaton",
    "fast/samples/plan_pixels": "test_decode_plan",
    "tools/observe": "test_demo",
}


def test_each_module_has_its_test() -> None:
    """Tests mirror the rooms: a module's test is found by its name."""
    tests = {path.stem for path in Path(__file__).parent.rglob("test_*.py")}
    missing = []
    for path in MODULES:
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if path.stem.startswith("__"):
            continue
        names = {f"{prefix}_{path.stem}" for prefix in ("test", "test_stage", "test_j2k")}
        names |= {f"test_{'_'.join(parts[-2:])}", TESTED_WITH.get("/".join(parts), "")}
        if not names & tests:
            missing.append("/".join(parts))
    assert not missing
