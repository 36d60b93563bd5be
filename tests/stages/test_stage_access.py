"""``import numjpeg`` is enough to reach every public module, and imports none of them."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import numjpeg
import numjpeg.stages

PUBLIC = [*numjpeg.MODULES, "errors", *(f"stages.{name}" for name in numjpeg.stages.MODULES)]


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


def test_every_stage_is_listed() -> None:
    assert list(numjpeg.stages.MODULES) == [found.name for found in pkgutil.iter_modules(numjpeg.stages.__path__)]


def test_a_module_is_there_without_a_further_import() -> None:
    """Each after a fresh import; a name that is not there is an AttributeError as usual."""
    program = (
        "import operator, sys\n"
        f"for name in {PUBLIC}:\n"
        "    for module in [module for module in sys.modules if module.startswith('numjpeg')]:\n"
        "        del sys.modules[module]\n"
        "    import numjpeg\n"
        "    found = operator.attrgetter(name)(numjpeg)\n"
        "    print(found.__name__, hasattr(found, 'nothing'))\n"
    )
    assert run(program).splitlines() == [f"numjpeg.{name} False" for name in PUBLIC]


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
