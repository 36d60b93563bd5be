"""numjpeg: the JPEG codec that is nothing but NumPy, equal to libjpeg-turbo to the last bit.

    data = numjpeg.encode(image, quality=85)       # uint8 (H, W) or (H, W, 3) -> bytes
    image = numjpeg.decode(data)                   # bytes -> uint8 array
    numjpeg.psnr(reference, image)                 # dB

The steps of the codec are functions of ``numjpeg.stages``; ``numjpeg.pipeline`` runs them one after the other.
``read_coefficients`` and ``write_coefficients`` give access to the quantized coefficients in the middle.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from numjpeg.errors import FormatError, JpegError, UnsupportedError
from numjpeg.workspace import keep_freed_memory

if TYPE_CHECKING:
    from numjpeg.batch import decode_batch, decode_many, encode_batch, encode_many
    from numjpeg.coefficient_files.reader import read_coefficients, read_coefficients_damaged
    from numjpeg.coefficient_files.writer import write_coefficients
    from numjpeg.coefficients import Coefficients, Component
    from numjpeg.container.findings import DamageReport, Fault
    from numjpeg.container.header import Header, read_header
    from numjpeg.container.motion_jpeg import iter_frames
    from numjpeg.container.segment_transfer import copy_metadata, split_tables
    from numjpeg.decoder import decode, decode_damaged
    from numjpeg.edits.native_planes import decode_planes, encode_planes
    from numjpeg.edits.requantization import requantize
    from numjpeg.edits.smaller import optimize
    from numjpeg.edits.transform import join, transform
    from numjpeg.encoder import encode
    from numjpeg.files import imread, imwrite
    from numjpeg.metrics import mse, psnr

keep_freed_memory()

__version__ = "0.1.0"

__all__ = ["Coefficients", "Component", "DamageReport", "Fault", "FormatError", "Header", "JpegError"]
__all__ += ["UnsupportedError", "copy_metadata", "decode", "decode_batch", "decode_damaged", "decode_many"]
__all__ += ["decode_planes", "encode", "encode_batch", "encode_many", "encode_planes", "imread", "imwrite"]
__all__ += ["iter_frames", "join", "mse", "optimize", "psnr", "read_coefficients", "read_coefficients_damaged"]
__all__ += ["read_header", "requantize", "split_tables", "transform", "write_coefficients"]

_PUBLIC_NAMES = {
    "batch": ("decode_batch", "decode_many", "encode_batch", "encode_many"),
    "coefficients": ("Coefficients", "Component"),
    "container.findings": ("DamageReport", "Fault"),
    "coefficient_files.reader": ("read_coefficients", "read_coefficients_damaged"),
    "decoder": ("decode", "decode_damaged"),
    "edits.native_planes": ("decode_planes", "encode_planes"),
    "edits.requantization": ("requantize",),
    "edits.smaller": ("optimize",),
    "edits.transform": ("join", "transform"),
    "coefficient_files.writer": ("write_coefficients",),
    "encoder": ("encode",),
    "files": ("imread", "imwrite"),
    "container.header": ("Header", "read_header"),
    "container.motion_jpeg": ("iter_frames",),
    "metrics": ("mse", "psnr"),
    "container.segment_transfer": ("copy_metadata", "split_tables"),
}
"""Module -> its public names. The first use of one imports it (PEP 562), so that decoding loads no encoder."""

MODULES = ("coefficients", "colorspaces", "files", "forensics", "jpeg2000", "metrics", "pipeline", "stages")
"""Public modules; each is imported when it is first asked for."""

_MODULE_OF = {name: f"{__name__}.{module}" for module, names in _PUBLIC_NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF, *MODULES})
