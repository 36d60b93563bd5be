"""The steps of the codec, one module each: pure functions on arrays, no I/O, no state.

A docstring gives the dtype, shape and range of each argument. An argument that is no array is a TypeError; one
that does not fit the docstring is a ValueError. Both name the argument. Docstrings mention other errors only.

A module is imported when it is first used: after ``import numjpeg``, ``numjpeg.stages.dct.fdct`` can be called.
"""

from importlib import import_module
from types import ModuleType

MODULES: tuple[str, ...] = ("bitstream", "blocks", "color", "dc_prediction", "dct", "huffman", "level_shift")
MODULES += ("lossless_prediction", "mcu_order", "quantization", "run_length", "scaled_idct", "subsampling")
MODULES += ("zigzag",)


def __getattr__(name: str) -> ModuleType:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULES})
