"""imageio: JPEG files read and written by numjpeg, through imageio's interface of plugins (version 3).

import imageio.v3 as iio
from numjpeg.tools.plugins.imageio_plugin import JpegPlugin, register

image = iio.imread("photo.jpg", plugin=JpegPlugin)
register()  # plugin="numjpeg" is known then, and reads JPEG files that no other plugin reads
iio.imwrite("photo.jpg", image, plugin="numjpeg", quality=85, subsampling="4:4:4")
"""

from __future__ import annotations

from collections.abc import Iterator
from types import EllipsisType
from typing import Any

import imageio.config
import numpy as np
from imageio.core.request import URI_BYTES, InitializationError, IOMode, Request
from imageio.core.v3_plugin_api import ImageProperties, PluginV3
from numpy.typing import NDArray

from numjpeg.colorspaces import CHANNELS
from numjpeg.container.header import Header, read_header
from numjpeg.decoder import decode
from numjpeg.encoder import encode
from numjpeg.files import upright

NAME = "numjpeg"
EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".jfif")
_DECODED = {"YCbCr": "RGB", "YCCK": "CMYK"}


class JpegPlugin(PluginV3):
    """One JPEG file, which holds one picture. Its index is 0; ``...`` gives a stack of one picture."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._data = b""
        if request.mode.io_mode == IOMode.read:
            self._data = request.get_file().read()
            if not self._data.startswith(b"\xff\xd8\xff"):
                raise InitializationError("numjpeg reads JPEG files only, and this is none")
        elif (request.extension or ".jpg").lower() not in EXTENSIONS:
            raise InitializationError(f"numjpeg writes JPEG files only, no {request.extension}")

    def read(
        self, *, index: int | EllipsisType | None = None, rotate: bool = False, **options: Any
    ) -> NDArray[np.uint8]:
        """The picture. ``rotate`` applies its orientation; ``options`` are for :func:`numjpeg.decode`."""
        _check_index(index)
        image = decode(self._data, **options)
        if rotate:
            image = upright(image, self._header().orientation)
        return image[np.newaxis] if index is ... else image

    def iter(self, **options: Any) -> Iterator[NDArray[np.uint8]]:
        """The one picture."""
        yield self.read(**options)

    def write(self, ndimage: Any, **options: Any) -> bytes | None:
        """Write one picture, or a list or stack of one; ``options`` are for :func:`numjpeg.encode`.

        It is encoded before the file is opened. ValueError for several pictures.
        """
        if isinstance(ndimage, list) or getattr(ndimage, "ndim", 0) == 4:
            if len(ndimage) != 1:
                raise ValueError(f"ndimage: a JPEG file holds one picture, and these are {len(ndimage)}")
            ndimage = ndimage[0]
        data = encode(ndimage, **options)
        self.request.get_file().write(data)
        return data if self.request._uri_type == URI_BYTES else None

    def properties(self, index: int | EllipsisType | None = None) -> ImageProperties:
        """Shape and type of the array that :meth:`read` returns, from the header alone."""
        header, stack = self._header(index), index is ...
        channels = CHANNELS.get(_DECODED.get(header.colorspace, header.colorspace), len(header.components))
        shape = (1,) * stack + (header.height, header.width) + (channels,) * (channels > 1)
        dtype = np.dtype(np.uint8 if header.precision <= 8 else np.uint16)
        return ImageProperties(shape, dtype, n_images=1 if stack else None, is_batch=stack)

    def metadata(self, index: int | EllipsisType | None = None, exclude_applied: bool = True) -> dict[str, Any]:
        """The facts that the header has, by the names of :class:`numjpeg.Header`.

        ``exclude_applied`` leaves out the orientation, as :meth:`read` may apply it.
        """
        header = self._header(index)
        names = ["process", "colorspace", "subsampling", "precision", "density", "comments", "exif", "icc_profile"]
        names += ["xmp", "jfif_version", "warnings"] + ["orientation"] * (not exclude_applied)
        return {name: value for name in names if (value := getattr(header, name))}

    def _header(self, index: int | EllipsisType | None = None) -> Header:
        _check_index(index)
        return read_header(self._data, strict=False)


def _check_index(index: int | EllipsisType | None) -> None:
    if index not in (None, 0, ...):
        raise ValueError(f"index: a JPEG file holds one picture, number 0, not {index}")


def register(first: bool = False) -> None:
    """Make ``plugin="numjpeg"`` known to imageio, which has no entry points of packages.

    For the extensions of JPEG files, imageio tries it before all other plugins if ``first``, otherwise after them.
    """
    plugin = imageio.config.PluginConfig(name=NAME, class_name=JpegPlugin.__name__, module_name=__name__)
    imageio.config.known_plugins[NAME] = plugin
    for extension in EXTENSIONS:
        for known in imageio.config.known_extensions.get(extension, []):
            if NAME in known.priority:
                known.priority.remove(NAME)
            known.priority.insert(0 if first else len(known.priority), NAME)
