"""pydicom's own calls on the JPEG files inside its wheel, held to its plugin of Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pillow
import pytest
from command_line import photo

BASELINE = "1.2.840.10008.1.2.4.50"


@pytest.fixture
def pydicom(host) -> Iterator[Any]:
    pydicom = host("pydicom")
    host("pydicom.encaps")
    plugin = host("numjpeg.tools.plugins.pydicom_plugin")
    plugin.register()
    plugin.register()
    yield pydicom
    for syntax in plugin.DECODER_DEPENDENCIES:
        host("pydicom.pixels").get_decoder(syntax).remove_plugin("numjpeg")


def baseline_files(pydicom: Any) -> list[Path]:
    found = []
    for path in sorted((Path(pydicom.__file__).parent / "data").rglob("*.dcm")):
        meta = pydicom.dcmread(path, stop_before_pixels=True, force=True).file_meta
        if meta.get("TransferSyntaxUID") == BASELINE:
            found.append(path)
    return found


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("raw", [True, False])
def test_every_baseline_file_of_pydicom(pydicom, host, raw: bool) -> None:
    pixels = host("pydicom.pixels").pixel_array
    paths = baseline_files(pydicom)
    assert len(paths) >= 14
    for path in paths:
        dataset = pydicom.dcmread(path)
        own = pixels(dataset, decoding_plugin="numjpeg", raw=raw)
        np.testing.assert_array_equal(own, pixels(dataset, decoding_plugin="pillow", raw=raw), err_msg=path.name)


def wrapped(pydicom: Any, frames: list[bytes], shape: tuple[int, ...], interpretation: str) -> Any:
    """A data set of JPEG Baseline frames."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = BASELINE
    dataset.Rows, dataset.Columns = shape[:2]
    dataset.SamplesPerPixel = shape[2] if len(shape) > 2 else 1
    dataset.PhotometricInterpretation = interpretation
    dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.PixelRepresentation = 0
    dataset.NumberOfFrames = len(frames)
    dataset.PixelData = pydicom.encaps.encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    return dataset


def test_several_frames_in_gray(pydicom, host) -> None:
    frames = [pillow.save(photo(channels=1), quality=quality) for quality in (40, 90)]
    dataset = wrapped(pydicom, frames, photo(channels=1).shape[:2], "MONOCHROME2")
    found = host("pydicom.pixels").pixel_array(dataset, decoding_plugin="numjpeg")
    np.testing.assert_array_equal(found, np.stack([pillow.load(frame) for frame in frames]))
    one = list(host("pydicom.pixels").iter_pixels(dataset, decoding_plugin="numjpeg", indices=[1]))
    np.testing.assert_array_equal(one[0], found[1])


def test_colours_are_what_the_data_set_says(pydicom, host) -> None:
    pixels = host("pydicom.pixels").pixel_array
    file = pillow.save(photo(), quality=95, subsampling="4:4:4")
    ybr = wrapped(pydicom, [file], photo().shape, "YBR_FULL")
    with pillow.Image.open(pillow.io.BytesIO(file)) as image:
        image.draft("YCbCr", image.size)
        np.testing.assert_array_equal(pixels(ybr, decoding_plugin="numjpeg", raw=True), np.asarray(image))
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"
    rgb = wrapped(pydicom, [file[:2] + adobe + file[20:]], photo().shape, "RGB")
    np.testing.assert_array_equal(pixels(rgb, decoding_plugin="numjpeg"), pillow.load(file))


def test_what_is_refused_names_the_reason(pydicom, host) -> None:
    pixels = host("pydicom.pixels").pixel_array
    file = pillow.save(photo(channels=1))
    with pytest.raises(RuntimeError, match=r"announces \(41, 56\) samples"):
        pixels(wrapped(pydicom, [file], (41, 56), "MONOCHROME2"), decoding_plugin="numjpeg")
    lossless = file.replace(b"\xff\xc0", b"\xff\xc7")
    with pytest.raises(RuntimeError, match="JPEG Baseline"):
        pixels(wrapped(pydicom, [lossless], photo().shape[:2], "MONOCHROME2"), decoding_plugin="numjpeg")
