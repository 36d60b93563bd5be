"""pydicom: pixel data that are compressed as JPEG, decoded by numjpeg.

from numjpeg.tools.plugins import pydicom_plugin

pydicom_plugin.register()
dataset.pixel_array  # where no other plugin is installed
pydicom.pixels.pixel_array(dataset, decoding_plugin="numjpeg")
"""

from __future__ import annotations

from pydicom import uid
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder

from numjpeg.container.header import read_header
from numjpeg.decoder import decode
from numjpeg.errors import UnsupportedError

NAME = "numjpeg"
DECODER_DEPENDENCIES: dict[uid.UID, tuple[str, ...]] = {uid.JPEGBaseline8Bit: ("numjpeg",)}
"""Transfer syntaxes that are decoded, and what each needs: pydicom asks for both by this name."""


def is_available(transfer_syntax: str) -> bool:
    """Whether it is decoded here; pydicom asks for it by this name."""
    return transfer_syntax in DECODER_DEPENDENCIES


def decode_frame(src: bytes, runner: DecodeRunner) -> bytearray:
    """One frame's samples, interleaved: the components as they are stored, upsampled.

    Colours stay as they are (YBR), for pydicom to convert, but where the data set promises RGB and Adobe's segment
    of the file says that it holds YCbCr.

    Raises
    ------
    FormatError, UnsupportedError for the data, naming the transfer syntax.
    """
    try:
        header = read_header(src, strict=False)
        converted = runner.photometric_interpretation == "RGB" and header.adobe_transform == 1
        image = decode(src, colorspace="RGB" if converted else "raw")
    except UnsupportedError as error:
        error.args = (f"{runner.transfer_syntax.name}: {error}",)
        raise
    expected = (runner.rows, runner.columns) + (runner.samples_per_pixel,) * (runner.samples_per_pixel > 1)
    if image.shape != expected:
        raise ValueError(f"the data set announces {expected} samples, and its JPEG file holds {image.shape}")
    runner.set_option("planar_configuration", 0)
    return bytearray(image.data)


def register() -> None:
    """Add the plugin to pydicom's decoders, which have no entry points of packages. Twice does no harm."""
    for syntax in DECODER_DEPENDENCIES:
        decoder = get_decoder(syntax)
        if NAME not in decoder.available_plugins:
            decoder.add_plugin(NAME, (__name__, decode_frame.__name__))
