"""imageio's own calls, held to Pillow's files and to imageio's plugin of Pillow."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pillow
import pytest
from command_line import photo
from PIL import Image

import numjpeg


@pytest.fixture
def iio(host: Callable[[str], ModuleType]) -> Iterator[Any]:
    """imageio, with numjpeg registered while the test runs."""
    iio = host("imageio.v3")
    config = host("imageio.config")
    before = {
        extension: [list(known.priority) for known in config.known_extensions.get(extension, [])]
        for extension in (".jpg", ".jpeg", ".jpe", ".jfif")
    }
    host("numjpeg.tools.plugins.imageio_plugin").register()
    yield iio
    config.known_plugins.pop("numjpeg", None)
    for extension, lists in before.items():
        for known, priority in zip(config.known_extensions.get(extension, []), lists, strict=True):
            known.priority[:] = priority


@pytest.mark.parametrize("channels", [1, 3])
def test_read_equals_the_plugin_of_pillow(iio, tmp_path: Path, channels: int) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(pillow.save(photo(channels=channels)))
    np.testing.assert_array_equal(iio.imread(path, plugin="numjpeg"), iio.imread(path, plugin="pillow"))
    assert iio.improps(path, plugin="numjpeg") == iio.improps(path, plugin="pillow")
    stack = iio.imread(path, plugin="numjpeg", index=...)
    np.testing.assert_array_equal(stack, iio.imread(path, plugin="pillow", index=...))
    assert iio.improps(path, plugin="numjpeg", index=...) == iio.improps(path, plugin="pillow", index=...)
    (only,) = iio.imiter(path, plugin="numjpeg")
    np.testing.assert_array_equal(only, stack[0])


def test_every_kind_of_source_and_of_target(iio, tmp_path: Path) -> None:
    image = photo()
    expected = pillow.save(image, quality=85, subsampling="4:4:4")
    options: dict[str, Any] = {"plugin": "numjpeg", "quality": 85, "subsampling": "4:4:4"}
    assert iio.imwrite("<bytes>", image, extension=".jpg", **options) == expected
    assert iio.imwrite("<bytes>", [image], extension=".jpg", **options) == expected
    assert iio.imwrite(tmp_path / "b.jpg", image, **options) is None
    assert (tmp_path / "b.jpg").read_bytes() == expected
    stream = io.BytesIO()
    iio.imwrite(stream, image, extension=".jpeg", **options)
    assert stream.getvalue() == expected
    for source in (expected, tmp_path / "b.jpg", io.BytesIO(expected)):
        np.testing.assert_array_equal(iio.imread(source, plugin="numjpeg"), pillow.load(expected))


def test_it_can_be_preferred_and_is_named_by_its_class(iio, host, tmp_path: Path) -> None:
    module = host("numjpeg.tools.plugins.imageio_plugin")
    path = tmp_path / "a.jpg"
    path.write_bytes(pillow.save(photo()))

    def chosen(**options: Any) -> str:
        with iio.imopen(path, "r", **options) as file:
            return type(file).__name__

    assert chosen(legacy_mode=False) == "PillowPlugin"
    assert chosen(plugin=module.JpegPlugin, legacy_mode=False) == "JpegPlugin"
    module.register(first=True)
    assert chosen(legacy_mode=False) == "JpegPlugin"
    module.register()
    assert chosen(legacy_mode=False) == "PillowPlugin"


def test_rotation_and_metadata(iio, tmp_path: Path) -> None:
    exif = pillow.Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.jpg"
    path.write_bytes(pillow.save(photo(), exif=exif, dpi=(72, 72), comment=b"hello", progressive=True))
    turned = iio.imread(path, plugin="numjpeg", rotate=True)
    np.testing.assert_array_equal(turned, iio.imread(path, plugin="pillow", rotate=True))
    found = iio.immeta(path, plugin="numjpeg", exclude_applied=False)
    assert found["orientation"] == 6
    assert found["comments"] == [b"hello"]
    assert found["exif"] == iio.immeta(path, plugin="pillow")["exif"]
    assert "orientation" not in iio.immeta(path, plugin="numjpeg")


@pytest.mark.parametrize("options", [{"precision": 12}, {"lossless": True}])
def test_the_type_of_samples_of_more_than_8_bits_is_told(iio, options: dict) -> None:
    data = numjpeg.encode(photo(channels=1).astype(np.uint16) * 16, **options)
    for index in (0, ...):
        image = iio.imread(data, plugin="numjpeg", index=index)
        properties = iio.improps(data, plugin="numjpeg", index=index)
        assert (properties.shape, properties.dtype) == (image.shape, image.dtype) == (image.shape, np.uint16)


def test_images_of_pillows_are_encoded_as_what_they_are_or_refused(iio) -> None:
    image = Image.fromarray(photo())
    for mode in ("L", "CMYK", "YCbCr"):
        written = iio.imwrite("<bytes>", image.convert(mode), extension=".jpg", plugin="numjpeg")
        assert written == pillow.save(image.convert(mode))
    with pytest.raises(ValueError, match=r"^image: .*'P'"):
        iio.imwrite("<bytes>", image.convert("P"), extension=".jpg", plugin="numjpeg")
    with pytest.raises(ValueError, match=r"^image: some samples are masked"):
        iio.imwrite("<bytes>", np.ma.masked_array(photo(), mask=True), extension=".jpg", plugin="numjpeg")


def test_what_is_refused(iio, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    with pytest.raises(OSError, match="can not handle"):
        iio.imread(b"\x89PNG....", plugin="numjpeg")
    with pytest.raises(OSError, match="can not handle"):
        iio.imopen(tmp_path / "a.png", "w", plugin="numjpeg")
    with pytest.raises(ValueError, match=r"^ndimage: .* these are 2"):
        iio.imwrite(path, np.stack([photo(), photo()]), plugin="numjpeg")
    with pytest.raises(ValueError, match="channels"):
        iio.imwrite(path, photo(channels=3).repeat(2, axis=2)[..., :4], plugin="numjpeg")
    assert not path.exists(), "a picture that cannot be written leaves no file"
    with pytest.raises(ValueError, match=r"^index: .* not 1"):
        iio.imread(pillow.save(photo()), plugin="numjpeg", index=1)
