"""Pictures in other formats than JPEG: read and written through Pillow where it is installed.

Binary PGM and PPM (P5, P6) and NumPy's ``.npy`` are read and written here, so that they work without Pillow.
All functions take and return bytes; the caller opens files.
"""

from __future__ import annotations

import importlib
import io
import re
import threading
import warnings
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.exif import read_exif
from numjpeg.container.metadata import EXIF
from numjpeg.container.tiff import HEADERS
from numjpeg.files import upright

MAX_COLOR = 255
OWN_FORMATS = (".ppm", ".pgm", ".pnm", ".npy")  # formats that need no Pillow


class PictureError(Exception):
    """A picture that cannot be read or written."""


class MissingPillowError(PictureError):
    """Pillow is needed, but not installed."""


@dataclass
class Picture:
    """Samples ``(H, W)`` or ``(H, W, channels)``, their colour model, and metadata.

    The model is "GRAY", "GRAYA", "RGB", "RGBA", "CMYK" (0 is no ink), "YCbCr", "BGR" or "raw". Metadata are any
    of ``exif``, ``icc_profile``, ``xmp``, ``dpi``, as :func:`numjpeg.encode` takes them.
    """

    pixels: NDArray[Any]
    model: str
    metadata: dict[str, Any] = field(default_factory=dict)
    precision: int | None = None  # bits of a sample; None for all bits of the type
    narrowed: bool = False  # whether the file has 16 bits a sample, of which Pillow reads 8

    def __str__(self) -> str:
        height, width = self.pixels.shape[:2]
        depth = "" if self.pixels.dtype == np.uint8 else f" {self.pixels.dtype}"
        return f"{width} x {height} {self.model}{depth}"


def pillow(name: str, purpose: str) -> Any:
    """A module of Pillow; :class:`MissingPillowError` if Pillow is not installed."""
    try:
        return importlib.import_module(f"PIL.{name}")
    except ImportError:
        without = "without it there are JPEG, binary PPM and PGM, and .npy"
        raise MissingPillowError(f"{purpose} needs Pillow (pip install pillow); {without}") from None


def has_pillow() -> bool:
    """Whether Pillow can be imported."""
    try:
        return bool(pillow("Image", ""))
    except MissingPillowError:
        return False


def read_picture(data: bytes, max_pixels: int | None = None) -> Picture:
    """Read a picture of any format but JPEG. Its first bytes tell the format.

    Only the first frame of an animation is read. Palettes become RGB, or RGBA if they have transparency.
    ``max_pixels`` is the most pixels (width x height) that the picture may have, None for no limit. PictureError
    if it cannot be read.
    """
    is_pnm = re.match(rb"P[56]\s", data)
    if not is_pnm and not data.startswith(b"\x93NUMPY"):
        return _read_with_pillow(data, max_pixels)
    picture = _read_pnm(data) if is_pnm else _read_npy(data)
    _check_pixels(picture.pixels.shape[1], picture.pixels.shape[0], max_pixels)
    return picture


def _check_pixels(width: int, height: int, max_pixels: int | None) -> None:
    if max_pixels is not None and width * height > max_pixels:
        raise PictureError(f"{width} x {height} pixels, more than max_pixels={max_pixels}")


def _read_pnm(data: bytes) -> Picture:
    space = rb"(?:\s|#[^\n\r]*[\n\r])+"
    header = re.match(rb"P([56])" + space + rb"(\d{1,9})" + space + rb"(\d{1,9})" + space + rb"(\d{1,5})\s", data)
    if not header:
        raise PictureError("the PPM or PGM header is damaged")
    kind, width, height, most = map(int, header.groups())
    if not 0 < most <= 65535:
        raise PictureError(f"samples up to {most}: PPM and PGM files have 1 to 65535")
    shape = (height, width) if kind == 5 else (height, width, 3)
    dtype = np.dtype(np.uint8 if most <= MAX_COLOR else ">u2")
    size = prod(shape) * dtype.itemsize
    if not 0 < size <= len(data) - header.end():
        raise PictureError(f"the PPM or PGM file ends early: {width} x {height} pixels need {size} bytes")
    pixels: NDArray[Any] = np.frombuffer(data, dtype, prod(shape), header.end()).reshape(shape)
    model = "GRAY" if kind == 5 else "RGB"
    if most > MAX_COLOR:
        if pixels.max() > most:
            raise PictureError(f"a sample of {pixels.max()}, and the PPM or PGM header says {most} at most")
        return Picture(pixels.astype(np.uint16), model, precision=most.bit_length())
    if most < MAX_COLOR:
        pixels = np.minimum(np.rint(pixels / most * MAX_COLOR), MAX_COLOR).astype(np.uint8)  # rounded as by Pillow
    return Picture(pixels, model)


def _read_npy(data: bytes) -> Picture:
    stream = io.BytesIO(data)
    try:
        form, first = np.lib.format, np.lib.format.read_magic(stream) == (1, 0)
        shape, _, dtype = (form.read_array_header_1_0 if first else form.read_array_header_2_0)(stream)
        # NumPy allocates memory before it checks that the file has all samples.
        if prod(shape) * dtype.itemsize > len(data) - stream.tell():
            raise PictureError(f"the .npy file ends early: {shape} of {dtype} is more than its {len(data)} bytes")
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise PictureError(f"the .npy file cannot be read: {error}") from None
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    models = {1: "GRAY", 2: "GRAYA", 3: "RGB", 4: "RGBA"}
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in models or array.size == 0:
        raise PictureError(f"the .npy array {array.shape} is no picture: (H, W) or (H, W, channels) expected")
    return Picture(array.astype(array.dtype.newbyteorder("="), copy=False), models[channels])


_MODELS = {"L": "GRAY", "LA": "GRAYA", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK", "YCbCr": "YCbCr"}


_SETTINGS = threading.Lock()
"""Held while warnings and Pillow's limit of pixels are changed, which are settings of all threads."""


def _read_with_pillow(data: bytes, max_pixels: int | None) -> Picture:
    image_module = pillow("Image", "reading this format")
    with _SETTINGS, warnings.catch_warnings(action="ignore"):
        limit, image_module.MAX_IMAGE_PIXELS = image_module.MAX_IMAGE_PIXELS, None  # max_pixels is checked instead
        try:
            image = image_module.open(io.BytesIO(data))
            width, height = image.size
            _check_pixels(width, height, max_pixels)
            image.load()
            tiff_bits = getattr(image, "tag_v2", {}).get(258, 0)  # one number, or one for each channel
            wide = data[24:25] == b"\x10" if image.format == "PNG" else np.max(tiff_bits) > 8
            metadata = _metadata(image.info)
            if image.has_transparency_data and image.mode != "LA":
                image = image.convert("RGBA")
            elif image.mode == "1":
                image = image.convert("L")
            elif image.mode in ("P", "RGBX", "HSV"):
                image = image.convert("RGB")
            pixels = np.asarray(image)
        except (MemoryError, PictureError):
            raise
        except Exception as error:  # Pillow's readers raise errors of every kind for damaged files
            if type(error).__name__ == "UnidentifiedImageError":
                raise PictureError("not a picture in a format that is known") from None
            raise PictureError(f"cannot be read: {error or type(error).__name__}") from None
        finally:
            image_module.MAX_IMAGE_PIXELS = limit
    if image.mode not in _MODELS and not image.mode.startswith(("I", "F")):
        raise PictureError(f"pictures of Pillow's mode {image.mode} are not read")
    if pixels.dtype == np.dtype(">u2"):
        pixels = pixels.astype(np.uint16)
    narrowed = wide and pixels.dtype == np.uint8
    return Picture(pixels, _MODELS.get(image.mode, "GRAY"), metadata, narrowed=narrowed)


def _metadata(info: dict[Any, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {name: info.get(name) for name in ("icc_profile", "xmp")}
    metadata = {name: data for name, data in metadata.items() if isinstance(data, bytes) and data}
    exif = info.get("exif")
    if isinstance(exif, bytes) and exif.removeprefix(EXIF).startswith(tuple(HEADERS)):
        metadata["exif"] = EXIF + exif.removeprefix(EXIF)
    try:
        x, y = (float(value) for value in info.get("dpi", ()))
    except (TypeError, ValueError, ZeroDivisionError):
        return metadata
    if 0 < x <= 65535 and 0 < y <= 65535 and (x, y) != (1, 1):  # 1 x 1 stands in TIFF files without a resolution
        metadata["dpi"] = (x, y)
    return metadata


def parse_color(text: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rgb``, ``#rrggbb`` or a name that Pillow knows.

    ValueError if it is no colour. PictureError for a name without Pillow.

    >>> parse_color("#ff8000")
    (255, 128, 0)
    """
    if match := re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text):
        red, green, blue = bytes.fromhex(match[1] if len(match[1]) == 6 else "".join(2 * d for d in match[1]))
        return red, green, blue
    basic = {"black": (0, 0, 0), "white": (255, 255, 255), "red": (255, 0, 0), "blue": (0, 0, 255)}
    if text.lower() in basic:
        return basic[text.lower()]
    red, green, blue, *_ = pillow("ImageColor", f"the colour name {text!r}").getrgb(text)
    return red, green, blue


def blend(picture: Picture, background: tuple[int, int, int]) -> Picture:
    """Lay a picture with an alpha channel over a colour: ``(alpha * sample + (255 - alpha) * colour) / 255``.

    A gray picture stays gray over a gray background. Pictures without alpha are returned as they are.
    """
    if picture.model not in ("GRAYA", "RGBA"):
        return picture
    samples, alpha = picture.pixels[..., :-1].astype(np.uint32), picture.pixels[..., -1:].astype(np.uint32)
    gray = picture.model == "GRAYA" and len(set(background)) == 1
    color = np.array(background[:1] if gray else background, np.uint32)
    blended = ((alpha * samples + (MAX_COLOR - alpha) * color + MAX_COLOR // 2) // MAX_COLOR).astype(np.uint8)
    return Picture(blended[..., 0] if gray else blended, "GRAY" if gray else "RGB", picture.metadata)


_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}


def write_picture(picture: Picture, extension: str) -> bytes:
    """Write a picture in the format of a file name's extension: one that Pillow writes, or one of OWN_FORMATS.

    Samples are uint8 or uint16. PPM files hold uint16 unchanged; gray uint16 also goes into PGM, PNG and TIFF. A
    .npy file holds any array. PictureError if the format is unknown, is JPEG, or cannot hold the picture. Pillow
    may clip, convert, scale or compress with loss silently, so its files are read back and compared.
    """
    extension, buffer = extension.lower(), io.BytesIO()
    if extension == ".npy":
        np.save(buffer, picture.pixels)
        return buffer.getvalue()
    if picture.model not in _MODES:
        raise PictureError(f"{picture.model} samples go into .npy only; --colorspace RGB makes a picture of them")
    if picture.pixels.dtype not in (np.uint8, np.uint16):
        raise PictureError(f"{picture.pixels.dtype} samples go into .npy only")
    if extension in OWN_FORMATS:
        return _write_pnm(picture, extension)
    name, wide = check_format(extension), picture.pixels.dtype == np.uint16
    options = {key: value for key, value in picture.metadata.items() if key in ("icc_profile", "exif", "dpi")}
    if wide and picture.model != "GRAY":
        raise PictureError(f"{name} files of 16 bits a sample are gray here; .ppm and .npy hold {picture.model}")
    if name == "WEBP":
        options["lossless"] = True
    try:
        samples, mode = np.ascontiguousarray(picture.pixels), None if wide else _MODES[picture.model]
        pillow("Image", "writing").fromarray(samples, mode).save(buffer, name, **options)
        if not _holds(buffer.getvalue(), picture):
            raise ValueError("its samples would change")
    except MemoryError:
        raise
    except Exception as error:  # Pillow's writers raise errors of many kinds for a picture that they cannot store
        kind = picture.model + " picture" + " of 16 bits a sample" * wide
        hint = "--colorspace RGB makes it fit, .tif" if picture.model == "CMYK" else ".png, .tif"
        raise PictureError(f"{name} cannot hold this {kind} ({error}); {hint} and .npy hold it") from None
    return buffer.getvalue()


def _holds(written: bytes, picture: Picture) -> bool:
    """Whether a file holds exactly the samples of the picture. Gray may have become RGB, and Pillow turns a TIFF
    file upright as it reads it."""
    read, samples = _read_with_pillow(written, None), picture.pixels
    if (picture.model, read.model) == ("GRAY", "RGB"):
        samples = np.repeat(samples[..., np.newaxis], 3, axis=-1)
    of_8_bits = [pixels.dtype == np.uint8 for pixels in (read.pixels, picture.pixels)]
    turned = upright(samples, read_exif(picture.metadata.get("exif"), [])[0])
    return len(set(of_8_bits)) == 1 and any(np.array_equal(read.pixels, seen) for seen in (samples, turned))


def _write_pnm(picture: Picture, extension: str) -> bytes:
    only_gray, pixels = extension == ".pgm", picture.pixels
    if picture.model != "GRAY" and (only_gray or picture.model != "RGB"):
        other = "GRAY" if only_gray else "RGB"
        raise PictureError(f"{extension} cannot hold {picture.model}; --colorspace {other} makes it fit")
    height, width = pixels.shape[:2]
    if extension == ".ppm" and pixels.ndim == 2:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=-1)
    kind = 5 if pixels.ndim == 2 else 6
    most = (1 << (picture.precision or 8 * pixels.itemsize)) - 1
    if most > MAX_COLOR:
        pixels = pixels.astype(">u2")
    return f"P{kind}\n{width} {height}\n{max(most, MAX_COLOR)}\n".encode() + pixels.tobytes()


def check_format(extension: str) -> str:
    """Pillow's name of a format, "" for OWN_FORMATS. PictureError if :func:`write_picture` cannot write it."""
    extension = extension.lower()
    if extension in OWN_FORMATS:
        return ""
    image_module = pillow("Image", f"writing {extension or 'this format'}")
    name = image_module.registered_extensions().get(extension)
    if name in ("JPEG", "MPO"):
        raise PictureError("JPEG is what encode writes; decode writes other formats")
    if name not in image_module.SAVE:
        raise PictureError(f"no format that can be written goes by {extension!r}; .png, .tif, .ppm, .npy do")
    return str(name)
