"""numjpeg: the JPEG codec that is nothing but NumPy, equal to libjpeg-turbo to the last bit.

    data = numjpeg.encode(image, quality=85)       # uint8 (H, W) or (H, W, 3) -> bytes
    image = numjpeg.decode(data)                   # bytes -> uint8 array
    numjpeg.psnr(reference, image)                 # dB

The steps of the codec are functions of ``numjpeg.stages``; the quantized coefficients in the middle come and go
with ``read_coefficients`` and ``write_coefficients``.
"""

from numjpeg.batch import decode_batch, encode_batch
from numjpeg.coefficients import Coefficients, Component
from numjpeg.decoder import decode, read_coefficients
from numjpeg.encoder import encode, write_coefficients
from numjpeg.errors import FormatError, JpegError, UnsupportedError
from numjpeg.files import imread, imwrite
from numjpeg.header import Header, read_header
from numjpeg.metrics import mse, psnr
from numjpeg.splice import copy_metadata, split_tables
from numjpeg.workspace import keep_freed_memory

keep_freed_memory()

__version__ = "0.1.0"

__all__ = [
    "Coefficients",
    "Component",
    "FormatError",
    "Header",
    "JpegError",
    "UnsupportedError",
    "copy_metadata",
    "decode",
    "decode_batch",
    "encode",
    "encode_batch",
    "imread",
    "imwrite",
    "mse",
    "psnr",
    "read_coefficients",
    "read_header",
    "split_tables",
    "write_coefficients",
]
