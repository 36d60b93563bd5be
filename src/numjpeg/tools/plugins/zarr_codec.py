"""Zarr format 3: store chunks of arrays as JPEG files. An entry point registers the codec as "numjpeg".

zarr.create_array(store, shape=(100, 512, 512, 3), chunks=(1, 512, 512, 3), dtype="u1",
                  serializer=JpegCodec(quality=90), compressors=None)
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from zarr.abc.codec import ArrayBytesCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer, NDBuffer

from numjpeg.tools.plugins.numcodecs_codec import Jpeg


@dataclass(frozen=True)
class JpegCodec(ArrayBytesCodec):
    """The codec :class:`numjpeg.tools.plugins.numcodecs_codec.Jpeg` with the interface of format 3."""

    quality: int = 75
    subsampling: str | None = None
    optimize: bool = False
    progressive: bool = False
    is_fixed_size = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> JpegCodec:
        """Make the codec that the metadata of an array describe."""
        return cls(**data.get("configuration", {}))

    def to_dict(self) -> dict[str, Any]:
        """The description of the codec in the metadata of an array."""
        return {"name": Jpeg.codec_id, "configuration": asdict(self)}

    async def _encode_single(self, chunk_array: NDBuffer, chunk_spec: ArraySpec) -> Buffer:
        data = await asyncio.to_thread(Jpeg(**asdict(self)).encode, chunk_array.as_numpy_array())
        return chunk_spec.prototype.buffer.from_bytes(data)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        image = await asyncio.to_thread(Jpeg().decode, chunk_bytes.to_bytes())
        return chunk_spec.prototype.nd_buffer.from_numpy_array(image.reshape(chunk_spec.shape))

    def compute_encoded_size(self, input_byte_length: int, _chunk_spec: ArraySpec) -> int:
        """Raise NotImplementedError, as Zarr expects of codecs whose ``is_fixed_size`` is False."""
        raise NotImplementedError("the size of a JPEG file is known only once it is written")
