"""What must not be missing in a test run (:mod:`conftest` says what the words mean)."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest

REQUIRED = os.environ.get("NUMJPEG_REQUIRE", "").split()


def module(name: str, word: str, reason: str) -> ModuleType:
    """A module that may be missing: the test is skipped then, or fails where NUMJPEG_REQUIRE has the word."""
    if word in REQUIRED:
        return importlib.import_module(name)
    found: ModuleType = pytest.importorskip(name, reason=reason)
    return found
