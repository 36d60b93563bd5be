"""JPEG 2000 (ITU-T T.800) and its high-throughput form (T.814) in nothing but NumPy.

    data = numjpeg.jpeg2000.encode(image, lossless=True)
    image = numjpeg.jpeg2000.decode(data)

This codec stands beside the JPEG one: it has wavelets instead of the DCT, and bit-planes instead of run lengths.
:mod:`numjpeg.jpeg2000.pipeline` shows both directions on one screen.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numjpeg.jpeg2000.container.header import Header, is_jpeg2000, read_header
    from numjpeg.jpeg2000.decoder import DamageReport, decode, decode_damaged
    from numjpeg.jpeg2000.encoder import encode

__all__ = ["DamageReport", "Header", "decode", "decode_damaged", "encode", "is_jpeg2000", "read_header"]

_ROOMS = {
    "decoder": ("DamageReport", "decode", "decode_damaged"),
    "encoder": ("encode",),
    "container.header": ("Header", "is_jpeg2000", "read_header"),
}
_WHERE = {name: f"{__name__}.{room}" for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_WHERE[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHERE.keys())
