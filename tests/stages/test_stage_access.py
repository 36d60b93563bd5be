"""``import numjpeg`` is enough to reach every public module, and imports none of them."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

import numjpeg
import numjpeg.stages

PUBLIC = [*numjpeg.MODULES, "errors", *(f"stages.{name}" for name in numjpeg.stages.MODULES)]


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def test_every_stage_is_listed() -> None:
    assert list(numjpeg.stages.MODULES) == [found.name for found in pkgutil.iter_modules(numjpeg.stages.__path__)]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_module_is_there_without_a_further_import(name: str) -> None:
    """In a fresh process each; a name that is not there is an AttributeError as usual."""
    program = f"import numjpeg; print(numjpeg.{name}.__name__, hasattr(numjpeg.{name}, 'nothing'))"
    assert run(program).split() == [f"numjpeg.{name}", "False"]


def test_importing_the_library_alone_loads_no_stage() -> None:
    loaded = run("import numjpeg, sys; print(*sys.modules)").split()
    assert {name for name in loaded if name.startswith("numjpeg")} == {
        "numjpeg",
        "numjpeg.errors",
        "numjpeg.workspace",
    }
    names = run("import numjpeg; print(*dir(numjpeg), *dir(numjpeg.stages))").split()
    assert {*numjpeg.MODULES, *numjpeg.stages.MODULES} <= set(names)
    assert not hasattr(numjpeg, "nothing")
    assert not hasattr(numjpeg.stages, "nothing")
