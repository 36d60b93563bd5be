"""pydicom's own calls, on the JPEG files inside its wheel and on others: pixels are those of its other plug-ins.

Pillow and imagecodecs are always compared with; GDCM and pylibjpeg where they are installed. Files with a DCT are
not compared with pylibjpeg, whose inverse DCT is another one than libjpeg's.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pillow
import pytest
from command_line import decibels, photo
from requirements import module as required

import numjpeg
from numjpeg import jpeg2000

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

BASELINE, EXTENDED, LOSSLESS, SV1 = (f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70))
J2K_LOSSLESS, J2K, HT_LOSSLESS, HT_RPCL, HT = (f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 201, 202, 203))
WITHOUT_LOSS = (LOSSLESS, SV1, J2K_LOSSLESS, HT_LOSSLESS, HT_RPCL)
NO_CODESTREAM = "JPEG2000-embedded-sequence-delimiter.dcm"
"""A file whose SIZ marker segment is overwritten: every plug-in refuses it."""


@pytest.fixture
def pydicom(host) -> Iterator[Any]:
    pydicom = host("pydicom")
    host("pydicom.encaps")
    encoders = host("pydicom.pixels.encoders.base")
    plugin = host("numjpeg.tools.plugins.pydicom_plugin")
    before = dict(encoders._PIXEL_DATA_ENCODERS)
    plugin.register()
    plugin.register()
    yield pydicom
    for syntax in plugin.DECODER_DEPENDENCIES:
        host("pydicom.pixels").get_decoder(syntax).remove_plugin("numjpeg")
        encoders.get_encoder(syntax).remove_plugin("numjpeg")
    encoders._PIXEL_DATA_ENCODERS.clear()
    encoders._PIXEL_DATA_ENCODERS.update(before)


def module(name: str) -> Any:
    """One of pydicom's, which the fixture has imported."""
    return sys.modules[f"pydicom.{name}"]


def pixels(dataset: Any, plugin: str = "numjpeg", raw: bool = True) -> np.ndarray:
    return module("pixels").pixel_array(dataset, decoding_plugin=plugin, raw=raw)


def others(dataset: Any) -> list[str]:
    """Plug-ins that are to give the same pixels. GDCM ends the process where it does not know what to do."""
    syntax, bits = dataset.file_meta.TransferSyntaxUID, dataset.BitsStored
    found = set(module("pixels").get_decoder(syntax).available_plugins) - {"numjpeg"}
    if syntax in (BASELINE, EXTENDED):
        found = set() if bits > 8 else found - {"pylibjpeg"}
    if bits < 8:
        found -= {"gdcm", "pylibjpeg"}
    if bits > 8 and dataset.SamplesPerPixel > 1:
        found -= {"pillow"}
    return sorted(found)


@pytest.mark.parametrize("name", ["gdcm", "libjpeg", "openjpeg"])
def test_what_is_compared_with_is_there(pydicom, name: str) -> None:
    required(name, "rivals", f"{name} is not installed: nothing is compared with it")
    plugin = "gdcm" if name == "gdcm" else "pylibjpeg"
    syntax = J2K_LOSSLESS if name == "openjpeg" else SV1
    assert plugin in module("pixels").get_decoder(syntax).available_plugins


def frames(dataset: Any) -> list[bytes]:
    return list(
        module("encaps").generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames", 1)))
    )


def files_of(pydicom: Any, syntaxes: set[str]) -> list[Path]:
    found = []
    for path in sorted((Path(pydicom.__file__).parent / "data").rglob("*.dcm")):
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if dataset.file_meta.get("TransferSyntaxUID") in syntaxes and "Rows" in dataset:
            found.append(path)
    return found


@pytest.mark.usual("small-True")
@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize(("most", "count"), [(50_000, 22), (10_000_000, 25)], ids=["small", "all"])
def test_every_file_inside_pydicom(
    pydicom, host, imagecodecs: ModuleType, most: int, count: int, raw: bool
) -> None:
    paths = files_of(pydicom, set(host("numjpeg.tools.plugins.pydicom_plugin").DECODER_DEPENDENCIES))
    paths = [path for path in paths if path.stat().st_size <= most]
    assert len(paths) >= count
    for path in paths:
        dataset = pydicom.dcmread(path)
        if path.name == NO_CODESTREAM:
            for plugin in ("numjpeg", *others(dataset)):
                with pytest.raises(RuntimeError, match="Unable to decode"):
                    pixels(dataset, plugin)
            continue
        own, compared = pixels(dataset, raw=raw), 0
        for plugin in others(dataset):
            if (plugin, path.name) != ("pillow", "GDCMJ2K_TextGBR.dcm"):  # Pillow takes its data for broken
                np.testing.assert_array_equal(own, pixels(dataset, plugin, raw), err_msg=f"{path.name} {plugin}")
                compared += 1
        syntax = dataset.file_meta.TransferSyntaxUID
        if syntax in (EXTENDED, SV1) or path.name == "GDCMJ2K_TextGBR.dcm":
            read = imagecodecs.jpeg2k_decode if syntax == J2K_LOSSLESS else imagecodecs.jpeg8_decode
            np.testing.assert_array_equal(own, read(frames(dataset)[0]), err_msg=path.name)
            compared += 1
        assert compared


def data_set(
    pydicom: Any, shape: tuple[int, ...], interpretation: str, bits: int = 8, signed: bool = False
) -> Any:
    """A data set without pixels."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.Rows, dataset.Columns = shape[:2]
    dataset.SamplesPerPixel = shape[2] if len(shape) > 2 else 1
    dataset.PhotometricInterpretation = interpretation
    dataset.PlanarConfiguration = 0
    dataset.BitsAllocated, dataset.BitsStored = 8 if bits <= 8 else 16, bits
    dataset.PixelRepresentation = int(signed)
    return dataset


def wrapped(pydicom: Any, syntax: str, of_frames: list[bytes], *args: Any, **kwargs: Any) -> Any:
    """A data set of compressed frames."""
    dataset = data_set(pydicom, *args, **kwargs)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.NumberOfFrames = len(of_frames)
    dataset.PixelData = pydicom.encaps.encapsulate(of_frames)
    dataset["PixelData"].VR = "OB"
    return dataset


def scan_of(bits: int, signed: bool = False, channels: int = 1) -> np.ndarray:
    """A picture that has all of its bits."""
    image = photo(channels=channels).astype(np.int64) * ((1 << bits) - 1) // 255
    image += np.random.default_rng(7).integers(0, 3, image.shape)
    image = np.clip(image, 0, (1 << bits) - 1)
    image[0, :2] = np.array([0, (1 << bits) - 1]).reshape((2,) + (1,) * (channels > 1))
    kind = f"{'ui'[signed]}{1 if bits <= 8 else 2}"
    return (image - (1 << bits - 1 if signed else 0)).astype(kind)


# --- what imagecodecs and Pillow write -------------------------------------------------------------------


def test_several_frames_in_gray(pydicom, host) -> None:
    written = [pillow.save(photo(channels=1), quality=quality) for quality in (40, 90)]
    dataset = wrapped(pydicom, BASELINE, written, photo(channels=1).shape, "MONOCHROME2")
    found = pixels(dataset)
    np.testing.assert_array_equal(found, np.stack([pillow.load(frame) for frame in written]))
    one = list(host("pydicom.pixels").iter_pixels(dataset, decoding_plugin="numjpeg", indices=[1]))
    np.testing.assert_array_equal(one[0], found[1])


def test_colours_are_what_the_data_set_says(pydicom) -> None:
    file = pillow.save(photo(), quality=95, subsampling="4:4:4")
    ybr = wrapped(pydicom, BASELINE, [file], photo().shape, "YBR_FULL")
    with pillow.Image.open(pillow.io.BytesIO(file)) as image:
        image.draft("YCbCr", image.size)
        np.testing.assert_array_equal(pixels(ybr), np.asarray(image))
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"
    rgb = wrapped(pydicom, BASELINE, [file[:2] + adobe + file[20:]], photo().shape, "RGB")
    np.testing.assert_array_equal(pixels(rgb, raw=False), pillow.load(file))


@pytest.mark.parametrize("channels", [1, 3])
def test_twelve_bits_of_imagecodecs(pydicom, imagecodecs: ModuleType, channels: int) -> None:
    image = scan_of(12, channels=channels)
    file = imagecodecs.jpeg8_encode(image, level=90, bitspersample=12, colorspace="rgb" if channels == 3 else None,
                                    outcolorspace="rgb" if channels == 3 else None)  # fmt: skip
    dataset = wrapped(pydicom, EXTENDED, [file], image.shape, "RGB" if channels == 3 else "MONOCHROME2", 12)
    np.testing.assert_array_equal(pixels(dataset), imagecodecs.jpeg8_decode(file))


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize(("bits", "signed", "channels"), [(16, True, 1), (12, False, 1), (8, False, 3)])
def test_lossless_files_of_imagecodecs(
    pydicom, imagecodecs: ModuleType, predictor: int, bits: int, signed: bool, channels: int
) -> None:
    image = scan_of(bits, signed, channels)
    file = imagecodecs.jpeg8_encode(
        image.view(f"u{image.itemsize}"), lossless=True, predictor=predictor, bitspersample=bits
    )
    interpretation = "RGB" if channels == 3 else "MONOCHROME2"
    dataset = wrapped(pydicom, LOSSLESS, [file], image.shape, interpretation, bits, signed)
    found = pixels(dataset)
    np.testing.assert_array_equal(found, image)
    assert found.dtype == image.dtype


@pytest.mark.parametrize(("bits", "signed", "channels"), [(16, True, 1), (16, False, 1), (8, False, 3)])
def test_jpeg2000_files_of_imagecodecs(
    pydicom, imagecodecs: ModuleType, bits: int, signed: bool, channels: int
) -> None:
    image = scan_of(bits, signed, channels)
    interpretation = "YBR_RCT" if channels == 3 else "MONOCHROME2"
    for syntax, file in (
        (HT_LOSSLESS, imagecodecs.htj2k_encode(image)),
        (J2K_LOSSLESS, imagecodecs.jpeg2k_encode(image, reversible=True, codecformat="j2k")),
    ):
        found = pixels(wrapped(pydicom, syntax, [file], image.shape, interpretation, bits, signed))
        np.testing.assert_array_equal(found, image)
        assert found.dtype == image.dtype


# --- what is encoded here --------------------------------------------------------------------------------


@pytest.mark.usual(
    "16-True-MONOCHROME2-SV1", "12-False-MONOCHROME2-SV1", "12-True-MONOCHROME1-HT RPCL", "8-False-RGB-SV1",
    "8-False-YBR_RCT-J2K", "8-True-MONOCHROME2-J2K",
)  # fmt: skip
@pytest.mark.parametrize("syntax", WITHOUT_LOSS, ids=["lossless", "SV1", "J2K", "HT", "HT RPCL"])
@pytest.mark.parametrize(
    ("bits", "signed", "interpretation"),
    [
        (16, True, "MONOCHROME2"), (12, True, "MONOCHROME1"), (12, False, "MONOCHROME2"), (8, True, "MONOCHROME2"),
        (1, False, "MONOCHROME2"), (8, False, "RGB"), (8, False, "YBR_FULL"), (16, False, "RGB"),
        (8, False, "YBR_RCT"), (8, False, "PALETTE COLOR"),
    ],
)  # fmt: skip
def test_nothing_is_lost(pydicom, syntax: str, bits: int, signed: bool, interpretation: str) -> None:
    if interpretation == "YBR_RCT" and syntax in (LOSSLESS, SV1):
        return
    image = scan_of(bits, signed, 3 if interpretation in ("RGB", "YBR_FULL", "YBR_RCT") else 1)
    dataset = data_set(pydicom, image.shape, interpretation, bits, signed)
    dataset.compress(syntax, image, encoding_plugin="numjpeg")
    for plugin in ("numjpeg", *others(dataset)):
        found = pixels(dataset, plugin)
        np.testing.assert_array_equal(found, image, err_msg=plugin)
        assert found.dtype == image.dtype


def test_lossless_frames_are_what_the_syntax_asks_for(pydicom) -> None:
    image = scan_of(12)
    for syntax, predictor in ((SV1, 1), (LOSSLESS, 6)):
        dataset = data_set(pydicom, image.shape, "MONOCHROME2", 12)
        dataset.compress(syntax, image, encoding_plugin="numjpeg", predictor=predictor)
        [frame] = frames(dataset)
        assert frame.startswith(numjpeg.encode(image, lossless=True, precision=12, predictor=predictor))
    dataset = data_set(pydicom, image.shape, "MONOCHROME2", 12)
    with pytest.raises(RuntimeError, match=r"Selection Value 1\]\): predictor: this syntax has 1 alone"):
        dataset.compress(SV1, image, encoding_plugin="numjpeg", predictor=4)


def test_high_throughput_frames_for_streams(pydicom) -> None:
    """PS3.5 10.18: RPCL, TLM, and a base of at most 64 x 64."""
    image = np.zeros((10, 64 * 64 + 1), np.uint8)
    dataset = data_set(pydicom, image.shape, "MONOCHROME2")
    dataset.compress(HT_RPCL, image, encoding_plugin="numjpeg")
    [frame] = frames(dataset)
    header = jpeg2000.read_header(frame)
    assert (header.progression, header.levels, header.high_throughput) == ("RPCL", 7, True)
    tlm, sot = (next(s for s in header.segments if s[0] == name) for name in ("TLM", "SOT"))
    assert frame[tlm[1] : tlm[1] + 8].hex() == "ff55000a00600000"
    tile = int.from_bytes(frame[tlm[1] + 8 : tlm[1] + 12])
    assert tile == int.from_bytes(frame[sot[1] + 6 : sot[1] + 10]) == frame.rindex(b"\xff\xd9") - sot[1]


@pytest.mark.parametrize(
    ("syntax", "bits", "interpretation", "options", "least"),
    [
        (BASELINE, 8, "MONOCHROME2", {"quality": 95}, 40),
        (BASELINE, 8, "RGB", {"quality": 95}, 40),
        (BASELINE, 8, "YBR_FULL_422", {"quality": 95}, 30),
        (EXTENDED, 8, "MONOCHROME2", {"quality": 95}, 40),
        (J2K, 8, "YBR_ICT", {"j2k_psnr": [45]}, 45),
        (J2K, 8, "RGB", {"j2k_psnr": [45]}, 45),
        (HT, 8, "MONOCHROME2", {"target_psnr": 45}, 45),
    ],
)
def test_with_loss(pydicom, syntax: str, bits: int, interpretation: str, options: Any, least: float) -> None:
    image = scan_of(bits, channels=1 if interpretation == "MONOCHROME2" else 3)
    dataset = data_set(pydicom, image.shape, interpretation, bits)
    dataset.compress(syntax, image, encoding_plugin="numjpeg", **options)
    found = pixels(dataset)
    assert least <= decibels(image, found) < least + 15
    for plugin in others(dataset):
        np.testing.assert_array_equal(found, pixels(dataset, plugin), err_msg=plugin)


def test_twelve_bits_with_loss(pydicom, imagecodecs: ModuleType) -> None:
    image = scan_of(12)
    dataset = data_set(pydicom, image.shape, "MONOCHROME2", 12)
    dataset.compress(EXTENDED, image, encoding_plugin="numjpeg", quality=90)
    np.testing.assert_array_equal(pixels(dataset), imagecodecs.jpeg8_decode(frames(dataset)[0]))
    assert numjpeg.psnr(image, pixels(dataset), data_range=4095) > 40


@pytest.mark.parametrize(("signed", "bits", "syntax"), [(True, 12, J2K), (False, 12, HT), (True, 16, HT)])
def test_targets_of_jpeg2000(pydicom, signed: bool, bits: int, syntax: str) -> None:
    image = scan_of(bits, signed)
    peak = (1 << bits) - 1
    own = [{"target_psnr": 50}, {"target_bytes": image.size * bits // 32}]
    for options in [{"j2k_psnr": [50]}, {"j2k_cr": [4]}] if syntax == J2K else own:
        dataset = data_set(pydicom, image.shape, "MONOCHROME2", bits, signed)
        dataset.compress(syntax, image, encoding_plugin="numjpeg", **options)
        for plugin in ("numjpeg", *(set(others(dataset)) - {"pillow"})):
            reached = numjpeg.psnr(image.astype(float), pixels(dataset, plugin).astype(float), data_range=peak)
            if "j2k_psnr" in options or "target_psnr" in options:
                assert 50 <= reached < 51
        size = len(frames(dataset)[0])
        assert not {"j2k_cr", "target_bytes"} & options.keys() or 0.95 < size / (image.size * bits / 32) <= 1.01


def test_sources_in_planes_and_in_other_byte_order(pydicom) -> None:
    image = scan_of(8, channels=3)
    dataset = data_set(pydicom, image.shape, "RGB")
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.PlanarConfiguration = 1
    dataset.PixelData = np.moveaxis(image, -1, 0).tobytes()
    with pytest.warns(UserWarning, match="set the data set's Planar Configuration to 0"):
        dataset.compress(SV1, encoding_plugin="numjpeg")
    np.testing.assert_array_equal(pixels(dataset), image)
    dataset.PlanarConfiguration = 0
    for plugin in ("numjpeg", *others(dataset)):
        np.testing.assert_array_equal(pixels(dataset, plugin), image, err_msg=plugin)
    gray = scan_of(12, signed=True)
    dataset = data_set(pydicom, gray.shape, "MONOCHROME2", 12, signed=True)
    dataset.compress(SV1, gray.astype(">i2"), encoding_plugin="numjpeg")
    np.testing.assert_array_equal(pixels(dataset), gray)


def test_frames_take_memory_one_by_one(pydicom, host) -> None:
    image = np.tile(scan_of(12), (4, 4))
    peaks = []
    for count in (4, 24):
        dataset = data_set(pydicom, image.shape, "MONOCHROME2", 12)
        dataset.NumberOfFrames = count
        dataset.compress(SV1, np.stack([image] * count), encoding_plugin="numjpeg")
        for _ in range(2):  # what is prepared once for all frames is so at the first
            tracemalloc.start()
            read = 0
            for frame in host("pydicom.pixels").iter_pixels(dataset, decoding_plugin="numjpeg"):
                read += bool((frame == image).all())
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert read == count
        peaks.append(peak - len(dataset.PixelData))
    assert peaks[1] < peaks[0] + 2 * image.nbytes


def test_what_is_refused_names_the_syntax(pydicom) -> None:
    file = pillow.save(photo(channels=1))
    shape = photo(channels=1).shape

    def refused(message: str, syntax: str, frame: bytes, *args: Any) -> None:
        with pytest.raises(RuntimeError, match=message):
            pixels(wrapped(pydicom, syntax, [frame], *args))

    refused(r"JPEG Baseline .*announces \(41, 56\) samples", BASELINE, file, (41, 56), "MONOCHROME2")
    refused("JPEG Baseline .*SOF5", BASELINE, file.replace(b"\xff\xc0", b"\xff\xc5"), shape, "MONOCHROME2")
    wide = numjpeg.encode(scan_of(12), lossless=True, precision=12)
    refused("JPEG Lossless.*12 bits do not fit", SV1, wide, shape, "MONOCHROME2")
    refused("JPEG 2000 Image Compression: no JPEG 2000 file", J2K, file, shape, "MONOCHROME2")
    gray = scan_of(8)
    for syntax, options, message in (
        (J2K, {}, "JPEG 2000 Image Compression: j2k_cr or j2k_psnr is needed"),
        (J2K, {"j2k_cr": [8, 4]}, "j2k_cr: one value expected"),
        (HT_LOSSLESS, {"target_psnr": 40}, "High-Throughput JPEG 2000 .*: target_psnr: .* without loss"),
        (BASELINE, {"quality": 101}, "JPEG Baseline .*: quality: 101"),
    ):
        with pytest.raises(RuntimeError, match=message):
            data_set(pydicom, gray.shape, "MONOCHROME2").compress(
                syntax, gray, encoding_plugin="numjpeg", **options
            )
    color = photo()
    with pytest.raises(RuntimeError, match="YBR_ICT is not what such a file holds, but YBR_RCT"):
        data_set(pydicom, color.shape, "YBR_ICT").compress(HT_LOSSLESS, color, encoding_plugin="numjpeg")
