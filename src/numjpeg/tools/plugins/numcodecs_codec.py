"""numcodecs: store chunks of arrays as JPEG files. An entry point registers the codec as "numjpeg".

zarr.create_array(store, shape=(100, 512, 512, 3), chunks=(1, 512, 512, 3), dtype="u1", zarr_format=2,
                  compressors=Jpeg(quality=90), filters=None)
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ndarray_copy
from numpy.typing import NDArray

from numjpeg.decoder import decode
from numjpeg.encoder import encode


class Jpeg(Codec):  # type: ignore[misc]
    """A codec of uint8 chunks ``(H, W)`` or ``(H, W, 3)``, with any number of axes of length 1 in front.

    Its parameters are those of :func:`numjpeg.encode`.
    """

    codec_id: ClassVar[str] = "numjpeg"

    def __init__(
        self, quality: int = 75, subsampling: str | None = None, optimize: bool = False, progressive: bool = False
    ) -> None:
        self.quality, self.subsampling = quality, subsampling
        self.optimize, self.progressive = optimize, progressive

    def encode(self, buf: Any) -> bytes:
        """Encode a chunk as a JPEG file. ValueError for other shapes and types."""
        return encode(as_picture(np.asarray(buf)), **self._options())

    def decode(self, buf: Any, out: Any = None) -> Any:
        """Decode a file to a chunk, uint8 ``(H, W)`` or ``(H, W, 3)``, or into ``out`` of any shape."""
        image = decode(buf)
        return image if out is None else ndarray_copy(image, out)

    def get_config(self) -> dict[str, Any]:
        """The configuration that makes an equal codec, for JSON."""
        return {"id": self.codec_id, **self._options()}

    def _options(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("quality", "subsampling", "optimize", "progressive")}


def as_picture(chunk: NDArray[Any]) -> NDArray[Any]:
    """Remove the axes of length 1 before ``(H, W)`` or ``(H, W, 3)``."""
    color = chunk.shape[-1:] == (3,) and chunk.ndim > 2
    while chunk.ndim > 2 + color and chunk.shape[0] == 1:
        chunk = chunk[0]
    return chunk
