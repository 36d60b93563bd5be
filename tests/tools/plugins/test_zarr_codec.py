"""Zarr's format 3, held to the files that Pillow writes and the pixels that it reads."""

from __future__ import annotations

import numpy as np
import pillow
import pytest
from command_line import photo


@pytest.mark.parametrize("channels", [1, 3])
def test_an_array_of_format_3(host, channels: int) -> None:
    zarr = host("zarr")
    codec = host("numjpeg.tools.plugins.zarr_codec").JpegCodec(quality=90, optimize=True)
    stack = np.stack([photo(channels=channels), 255 - photo(channels=channels)])
    store: dict[str, object] = {}
    array = zarr.create_array(
        store, shape=stack.shape, chunks=(1, *stack.shape[1:]), dtype="u1", serializer=codec, compressors=None
    )
    array[:] = stack
    files = [pillow.save(picture, quality=90, optimize=True) for picture in stack]
    chunks = [value.to_bytes() for key, value in sorted(store.items()) if key.startswith("c/")]
    assert chunks == files
    again = zarr.open_array(store, mode="r")  # finds the codec by its entry point
    assert again.metadata.codecs == (codec,)
    np.testing.assert_array_equal(again[:], np.stack([pillow.load(file) for file in files]))
