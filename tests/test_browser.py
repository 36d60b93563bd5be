"""The library and the command line work where Python runs in a browser: no processes, ctypes, mmap or threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("browser.py")


def test_all_of_it_works_with_those_modules_missing() -> None:
    done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("encoded, decoded and scored")


def test_the_program_does_make_them_missing() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(PROGRAM.parent)!r}); import browser, multiprocessing\n"
        "browser.block()\n"
        "import importlib, threading\n"
        "for name in browser.MISSING + ('concurrent.futures.process',):\n"
        "    try: importlib.import_module(name)\n"
        "    except ModuleNotFoundError: continue\n"
        "    sys.exit(name)\n"
        "try: threading.Thread().start()\n"
        "except RuntimeError: sys.exit(0)\n"
        "sys.exit('a thread')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
