"""pydicom: decode and encode pixel data that are compressed as JPEG or JPEG 2000.

from numjpeg.tools.plugins import pydicom_plugin

pydicom_plugin.register()
dataset.pixel_array  # where no other plugin is installed
pydicom.pixels.pixel_array(dataset, decoding_plugin="numjpeg")
dataset.compress(pydicom.uid.JPEGLosslessSV1, encoding_plugin="numjpeg")

Encoders convert no colours: samples must have the colours that the photometric interpretation states. For YBR_RCT
and YBR_ICT they must be RGB, as JPEG 2000 itself transforms them. Frames are stored by pixel. If a data set comes
in planes, pydicom leaves its *Planar Configuration* at 1, which misleads other decoders; a warning says to set it
to 0.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.pixels.common import RunnerBase
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.pixels.encoders import base as encoders
from pydicom.pixels.encoders.base import EncodeRunner

from numjpeg import jpeg2000
from numjpeg.container.header import read_header
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.errors import JpegError

NAME = "numjpeg"
_DCT = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
_LOSSLESS = (uid.JPEGLossless, uid.JPEGLosslessSV1)
_JPEG2000 = (uid.JPEG2000Lossless, uid.JPEG2000)
_HIGH_THROUGHPUT = (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K)
_WITH_LOSS = (uid.JPEG2000, uid.HTJ2K)
_TRANSFORMED = ("YBR_RCT", "YBR_ICT")  # photometric interpretations that name JPEG 2000's component transform

DECODER_DEPENDENCIES = dict.fromkeys((*_DCT, *_LOSSLESS, *_JPEG2000, *_HIGH_THROUGHPUT), (NAME,))
ENCODER_DEPENDENCIES = DECODER_DEPENDENCIES
"""The transfer syntaxes that are supported, and the package that each needs. pydicom reads both names."""


def is_available(transfer_syntax: str) -> bool:
    """Whether a transfer syntax is supported. pydicom calls this function."""
    return transfer_syntax in DECODER_DEPENDENCIES


def decode_frame(src: bytes, runner: DecodeRunner) -> bytearray:
    """Decode a frame to interleaved samples, little-endian, of *Bits Allocated* bits each.

    Components stay as stored, but upsampled: pydicom converts YBR itself. There are two exceptions. YCbCr becomes
    RGB if the data set states RGB, but the Adobe segment states YCbCr. JPEG 2000 undoes its own component
    transform, and the photometric interpretation is set to RGB. FormatError, UnsupportedError and ValueError name
    the transfer syntax.
    """
    try:
        if runner.transfer_syntax in (*_DCT, *_LOSSLESS):
            header = read_header(src, strict=False)
            promised = runner.photometric_interpretation == "RGB" and header.adobe_transform == 1
            converted = promised and runner.transfer_syntax in _DCT
            image, bits = decode(src, colorspace="RGB" if converted else "raw"), header.precision
        else:
            image = jpeg2000.decode(src)
            bits = max(component.depth for component in jpeg2000.read_header(src).components)
            if runner.photometric_interpretation in _TRANSFORMED:
                runner.set_option("photometric_interpretation", "RGB")
        if image.shape != _shape(runner):
            raise ValueError(f"the data set announces {_shape(runner)} samples, and the frame holds {image.shape}")
        if bits > runner.bits_allocated:
            raise ValueError(f"samples of {bits} bits do not fit into the {runner.bits_allocated} bits allocated")
    except (JpegError, ValueError) as error:
        error.args = (f"{runner.transfer_syntax.name}: {error}",)
        raise
    runner.set_option("planar_configuration", 0)
    container = f"<{image.dtype.kind}{runner.bits_allocated // 8}"
    return bytearray(np.ascontiguousarray(image.astype(container, copy=False)).data)


def _shape(runner: RunnerBase) -> tuple[int, ...]:
    return (runner.rows, runner.columns) + (runner.samples_per_pixel,) * (runner.samples_per_pixel > 1)


def encode_frame(src: bytes, runner: EncodeRunner) -> bytes:
    """Encode a frame as a file of the transfer syntax.

    Options of ``Dataset.compress`` are ``quality`` and ``optimize`` for lossy JPEG, ``predictor`` for JPEG
    Lossless, and ``target_psnr`` or ``target_bytes`` for lossy JPEG 2000, all as in :func:`numjpeg.encode`. The
    options ``j2k_psnr=[dB]`` and ``j2k_cr=[ratio]`` of pydicom work, too; pydicom passes them on only for JPEG
    2000 of Part 1. ValueError and TypeError name the transfer syntax.
    """
    syntax = runner.transfer_syntax
    coder = _encode_dct if syntax in _DCT else _encode_lossless if syntax in _LOSSLESS else _encode_jpeg2000
    try:
        return coder(_samples(src, runner), runner)
    except (ValueError, TypeError) as error:
        error.args = (f"{syntax.name}: {error}",)
        raise


def _samples(src: bytes, runner: EncodeRunner) -> NDArray[Any]:
    """The frame's samples ``(rows, columns)`` or ``(rows, columns, samples)``, unsigned or signed."""
    bits, shape, order = runner.bits_stored, _shape(runner), runner.get_option("byteorder", "<")
    if bits > 16:
        raise ValueError(f"{bits} bits a sample, 16 at most are encoded")
    samples = np.frombuffer(src, f"{order}{'ui'[runner.pixel_representation]}{1 if bits <= 8 else 2}")
    if samples.size != np.prod(shape):
        raise ValueError(f"{samples.size} samples, {shape} expected")
    planar = len(shape) == 3 and runner.planar_configuration == 1
    if planar:
        warnings.warn("frames are stored by pixel: set the data set's Planar Configuration to 0", stacklevel=2)
    if planar and not runner.is_array:
        samples = np.moveaxis(samples.reshape(shape[2], *shape[:2]), 0, -1)
    return samples.reshape(shape).astype(samples.dtype.newbyteorder("="))


def _encode_dct(samples: NDArray[Any], runner: EncodeRunner) -> bytes:
    allowed = (8,) if runner.transfer_syntax == uid.JPEGBaseline8Bit else (8, 12)
    if runner.bits_stored not in allowed or samples.dtype.kind == "i":
        what = f"{'signed' if samples.dtype.kind == 'i' else 'unsigned'} samples of {runner.bits_stored} bits"
        raise ValueError(f"{what}; unsigned ones of {allowed} bits can be stored")
    options: dict[str, Any] = {"precision": runner.bits_stored}
    if samples.ndim == 3:
        is_rgb = runner.photometric_interpretation == "RGB"
        options |= {"keep_rgb": is_rgb, "colorspace": "RGB" if is_rgb else "YCbCr"}
        if not is_rgb:
            options["subsampling"] = "4:2:2" if runner.photometric_interpretation == "YBR_FULL_422" else "4:4:4"
    return encode(samples, **options, **_given(runner, "quality", "optimize"))


def _encode_lossless(samples: NDArray[Any], runner: EncodeRunner) -> bytes:
    """Two's complement of signed samples in *Bits Stored* bits."""
    if samples.dtype.kind == "i":
        half, unsigned = 1 << runner.bits_stored - 1, np.dtype(f"u{samples.itemsize}")
        if not -half <= int(samples.min()) <= int(samples.max()) < half:
            raise ValueError(f"samples of {samples.min()} .. {samples.max()}, {-half} .. {half - 1} can be stored")
        samples = samples.view(unsigned) & unsigned.type(2 * half - 1)
    options = _given(runner, "predictor")
    if runner.transfer_syntax == uid.JPEGLosslessSV1 and options.setdefault("predictor", 1) != 1:
        raise ValueError("predictor: this syntax has 1 alone")
    if samples.ndim == 3:
        options["colorspace"] = "RGB" if runner.photometric_interpretation == "RGB" else "YCbCr"
    return encode(samples, lossless=True, precision=max(2, runner.bits_stored), **options)


def _encode_jpeg2000(samples: NDArray[Any], runner: EncodeRunner) -> bytes:
    syntax = runner.transfer_syntax
    options = _given(runner, "target_psnr", "target_bytes")
    for name, values in _given(runner, "j2k_psnr", "j2k_cr").items():
        if len(values) != 1:
            raise ValueError(f"{name}: one value expected, got {values}")
        size = samples.size * runner.bits_stored / 8
        options |= {"target_psnr": values[0]} if name == "j2k_psnr" else {"target_bytes": int(size / values[0])}
    if options and syntax not in _WITH_LOSS:
        raise ValueError(f"{next(iter(options))}: this syntax is one without loss")
    if syntax == uid.JPEG2000 and not options:
        raise ValueError("j2k_cr or j2k_psnr is needed")
    interpretation, expected = runner.photometric_interpretation, "YBR_ICT" if options else "YBR_RCT"
    if interpretation in _TRANSFORMED and interpretation != expected:
        raise ValueError(f"{interpretation} is not what such a file holds, but {expected}")
    if interpretation == "YBR_ICT":
        options["reversible"] = False
    if syntax == uid.HTJ2KLosslessRPCL:  # PS3.5 10.18: a base of 64 at most, and TLM
        levels = max(5, (max(samples.shape[:2]) - 1 >> 6).bit_length())
        options |= {"progression": "RPCL", "tile_lengths": True, "levels": levels}
    options |= {"precision": runner.bits_stored, "component_transform": interpretation in _TRANSFORMED}
    return jpeg2000.encode(samples, high_throughput=syntax in _HIGH_THROUGHPUT, container="j2k", **options)


def _given(runner: EncodeRunner, *names: str) -> dict[str, Any]:
    """The options among ``names`` that the caller has given."""
    return {name: value for name in names if (value := runner.get_option(name)) is not None}


def register() -> None:
    """Add the plugin to pydicom's decoders and encoders, which have no entry points of packages.

    pydicom has no encoders of JPEG and HTJ2K of its own: they are made here. Twice does no harm.
    """
    for syntax in DECODER_DEPENDENCIES:
        if syntax not in encoders._PIXEL_DATA_ENCODERS:
            encoders._PIXEL_DATA_ENCODERS[syntax] = (encoders.Encoder(syntax), "3.0")
        for coder, function in ((get_decoder(syntax), decode_frame), (encoders.get_encoder(syntax), encode_frame)):
            if NAME not in coder.available_plugins:
                coder.add_plugin(NAME, (__name__, function.__name__))
