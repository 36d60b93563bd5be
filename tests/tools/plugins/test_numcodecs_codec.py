"""numcodecs and Zarr's format 2, held to the files that Pillow writes and the pixels that it reads."""

from __future__ import annotations

from importlib.metadata import entry_points

import numpy as np
import pillow
import pytest
from command_line import photo


def test_the_codec_is_known_by_its_entry_point(host) -> None:
    numcodecs = host("numcodecs")
    assert [e.value for e in entry_points(group="numcodecs.codecs", name="numjpeg")] == [
        "numjpeg.tools.plugins.numcodecs_codec:Jpeg"
    ]
    codec = numcodecs.get_codec({"id": "numjpeg", "quality": 90, "progressive": True})
    assert codec.encode(photo()) == pillow.save(photo(), quality=90, progressive=True)
    assert numcodecs.get_codec(codec.get_config()) == codec


def test_out_is_filled(host) -> None:
    codec = host("numjpeg.tools.plugins.numcodecs_codec").Jpeg(quality=80, subsampling="4:4:4")
    data = codec.encode(photo()[np.newaxis, np.newaxis])
    assert data == pillow.save(photo(), quality=80, subsampling="4:4:4")
    out = np.empty((1, *photo().shape), np.uint8)
    assert codec.decode(data, out=out) is out
    np.testing.assert_array_equal(out[0], pillow.load(data))


@pytest.mark.parametrize("channels", [1, 3])
def test_an_array_of_format_2(host, channels: int) -> None:
    zarr = host("zarr")
    codec = host("numjpeg.tools.plugins.numcodecs_codec").Jpeg(quality=90)
    stack = np.stack([photo(channels=channels), 255 - photo(channels=channels)])
    store: dict[str, object] = {}
    array = zarr.create_array(
        store,
        shape=stack.shape,
        chunks=(1, *stack.shape[1:]),
        dtype="u1",
        zarr_format=2,
        compressors=codec,
        filters=None,
    )
    array[:] = stack
    files = [pillow.save(picture, quality=90) for picture in stack]
    chunks = [value.to_bytes() for key, value in sorted(store.items()) if key[0].isdigit()]
    assert chunks == files
    again = zarr.open_array(store, mode="r")
    np.testing.assert_array_equal(again[:], np.stack([pillow.load(file) for file in files]))


@pytest.mark.parametrize(
    "chunk", [np.zeros((8, 8), np.uint16), np.zeros((2, 8, 8), np.uint8)[:, None], np.zeros(8, np.uint8)]
)
def test_other_chunks_are_refused(host, chunk: np.ndarray) -> None:
    codec = host("numjpeg.tools.plugins.numcodecs_codec").Jpeg()
    with pytest.raises((ValueError, TypeError), match=r"^image: "):
        codec.encode(chunk)
