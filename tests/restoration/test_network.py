"""The learned restoration: its arithmetic against PyTorch's, the file's intervals, PSNR, what is left alone."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import samples
from PIL import Image
from test_restore import drawings, exact_forward, pillow_file

import numjpeg
from numjpeg.restoration import network as module
from numjpeg.restoration.network import Coding, Network, convolve, enlarge, network, restored_tiles
from numjpeg.restoration.restore import restore

ROOM = files("numjpeg.restoration")
OUTPUTS = Path(__file__).with_name("network_outputs.npz")


def test_the_weights_are_those_of_the_card() -> None:
    data = (ROOM / "network.npz").read_bytes()
    card = (ROOM / "network.md").read_text(encoding="utf-8")
    assert hashlib.sha256(data).hexdigest() in card
    assert len(data) <= 128 << 10
    count = sum(array.size for array in np.load(str(ROOM / "network.npz")).values())
    assert f"{count:,} weights" in card


def test_it_computes_what_pytorch_computed() -> None:
    """The training command wrote down what PyTorch gave for inputs of noise."""
    assert OUTPUTS.stat().st_size <= 64 << 10
    given = {name: array.astype(np.float32) for name, array in np.load(OUTPUTS).items()}
    coding = Coding(given["numbers"], given["scales"])
    found = network()(given["luma"], given["chroma"], given["large"], coding)
    assert found.dtype == np.float32
    assert np.abs(given["result"] - np.concatenate([given["luma"][:1], given["large"]])).max() > 1
    assert np.abs(found - given["result"]).max() <= 1e-4


def test_convolve_is_the_literal_one(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    padded = random.normal(size=(9, 12, 5)).astype(np.float32)
    kernel = random.normal(size=(3, 3, 5, 4)).astype(np.float32)
    monkeypatch.setattr(module, "COLUMNS", 10 * 45 * 3)  # three rows at a time, and one
    found = np.concatenate([part.copy() for _, part in convolve(padded, kernel.reshape(45, 4))])
    for y in range(7):
        for x in range(10):
            expected = np.einsum("yxi,yxio->o", padded[y : y + 3, x : x + 3], kernel)
            assert np.allclose(found[y, x], expected, atol=1e-4)


def test_enlarge_is_libjpegs_filter_without_rounding() -> None:
    given = np.array([[0.0, 8.0, 4.0]], np.float32)
    assert enlarge(given, 2, 1).tolist() == [[0, 2, 6, 7, 5, 4]]
    assert enlarge(given, 2, 0).tolist() == [[0, 8, 4]] * 2
    assert enlarge(given, 4, 1).tolist() == [[0] * 4 + [8] * 4 + [4] * 4]


@pytest.mark.usual(every=2)
@pytest.mark.parametrize("quality", [1, 30, 90])
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4", "4:2:2", "4:1:0", None])
def test_every_coefficient_stays_in_its_interval(
    quality: int, subsampling: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of Y, and of Cb and Cr averaged to the size that they have in the file; with tiles of odd places, too."""
    monkeypatch.setattr(module, "TILE", (64, 32))
    image = samples.photograph()[100:201, 100:190]
    data = numjpeg.encode(image if subsampling else image[..., 1], quality, subsampling=subsampling)
    coefficients = numjpeg.read_coefficients(data)
    tiles = list(restored_tiles(coefficients))
    height, width = (max(tile[axis].stop for tile in tiles) for axis in (0, 1))
    whole = np.full((len(coefficients.planes), height, width), np.nan, np.float32)
    for rows, columns, picture in tiles:
        whole[:, rows, columns] = picture
    assert np.isfinite(whole).all()
    for i, plane in enumerate(coefficients.planes):
        h, v = (coefficients.components[0].H, coefficients.components[0].V) if i else (1, 1)
        small = whole[i].astype(np.float64).reshape(height // v, v, width // h, h).mean((1, 3))
        small = small[: 8 * plane.shape[0], : 8 * plane.shape[1]]
        steps = exact_forward(small) / coefficients.quantization_table(i)
        assert np.abs(steps - plane).max() <= 0.5


def test_tiles_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pillow_file(samples.photograph()[100:300, 100:290], 40)
    whole = numjpeg.decode(data, restore="learned").astype(int)
    monkeypatch.setattr(module, "TILE", (64, 96))
    assert np.abs(numjpeg.decode(data, restore="learned") - whole).max() <= 1


OPTIONS: dict[str, dict[str, object]] = {
    "4:2:0": {},
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 3},
}


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("quality", [10, 40, 80])
def test_a_photograph_gains(name: str, quality: int) -> None:
    image = samples.photograph()[100:301, 100:349]
    data = pillow_file(image, quality, **OPTIONS[name])
    restored = numjpeg.psnr(image, numjpeg.decode(data, restore=True))
    assert numjpeg.psnr(image, numjpeg.decode(data, restore="learned")) > restored + 0.05


@pytest.mark.parametrize("subsampling", ["4:4:0", "4:1:1", "4:1:0"])
def test_other_samplings_gain(subsampling: str) -> None:
    image = samples.photograph()[100:301, 100:349]
    data = numjpeg.encode(image, 40, subsampling=subsampling)
    restored = numjpeg.psnr(image, numjpeg.decode(data, restore=True))
    assert numjpeg.psnr(image, numjpeg.decode(data, restore="learned")) > restored + 0.05


def test_colour_spaces_and_out() -> None:
    image = samples.photograph()[100:180, 100:170]
    data = pillow_file(image, 40)
    rgb = numjpeg.decode(data, restore="learned")
    out = np.empty((80, 70, 3), np.uint8)
    assert numjpeg.decode(data, restore="learned", out=out) is out
    assert np.array_equal(out, rgb)
    assert np.array_equal(numjpeg.decode(data, restore="learned", colorspace="BGR"), rgb[..., ::-1])
    ycc = numjpeg.decode(data, restore="learned", colorspace="YCbCr")
    assert np.array_equal(numjpeg.decode(data, restore="learned", colorspace="GRAY"), ycc[..., 0])
    assert np.abs(numjpeg.stages.color.ycbcr_to_rgb(ycc).astype(int) - rgb).mean() < 0.5
    gray = image[..., 1]
    data = pillow_file(gray, 30)
    found = numjpeg.decode(data, restore="learned")
    assert numjpeg.psnr(gray, found) > numjpeg.psnr(gray, numjpeg.decode(data, restore=True)) + 0.05
    assert np.array_equal(numjpeg.decode(data, restore="learned", colorspace="RGB")[..., 2], found)


@pytest.mark.parametrize("colorspace", ["RGB", "YCbCr", "raw", "GRAY"])
def test_what_has_no_colour_gets_none(colorspace: str) -> None:
    gray = samples.photograph()[100:180, 100:170, 1]
    luma = numjpeg.decode(pillow_file(gray, 40), restore="learned")
    data = pillow_file(np.stack([gray] * 3, axis=-1), 40)
    found = numjpeg.decode(data, restore="learned", colorspace=colorspace)
    assert found.shape == (gray.shape if colorspace == "GRAY" else (*gray.shape, 3))
    channels = np.moveaxis(np.atleast_3d(found), -1, 0)
    assert np.array_equal(channels[0], luma)
    for other in channels[1:]:
        assert np.array_equal(other, luma if colorspace == "RGB" else np.full_like(luma, 128))


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (9, 17), (33, 3)])
@pytest.mark.parametrize("quality", [1, 50])
def test_small_pictures(size: tuple[int, int], quality: int) -> None:
    for image in (samples.noise(*size), samples.noise(*size)[..., 0]):
        assert numjpeg.decode(pillow_file(image, quality), restore="learned").shape == image.shape


@pytest.mark.parametrize("colorspace", ["CMYK", "RGB"])
def test_other_colour_spaces_are_restored_without_it(colorspace: str) -> None:
    data = numjpeg.encode(samples.smooth(40, 40, len(colorspace)), 50, colorspace=colorspace)
    expected = numjpeg.decode(data, restore=True)
    assert np.array_equal(numjpeg.decode(data, restore="learned"), expected)


def test_a_file_whose_table_has_an_entry_of_0_is_restored_without_it() -> None:
    data = bytearray(numjpeg.encode(samples.photograph()[100:228, 200:328], 30))
    data[data.index(b"\xff\xdb") + 5 + 3] = 0
    plainly = numjpeg.decode(bytes(data), restore=True)
    np.testing.assert_array_equal(numjpeg.decode(bytes(data), restore="learned"), plainly)


def test_what_is_left_alone_is_decoded_plainly() -> None:
    photo = samples.photograph()[100:200, 100:200]
    fine, coarse, drawing = pillow_file(photo, 95), pillow_file(photo, 94), pillow_file(drawings()["bars"], 80)
    for data in (fine, drawing):
        np.testing.assert_array_equal(numjpeg.decode(data, restore="learned"), numjpeg.decode(data))
    assert not np.array_equal(numjpeg.decode(coarse, restore="learned"), numjpeg.decode(coarse))


def gain(image: np.ndarray, quality: int) -> float:
    """dB by which the network brings the decoded file nearer to the picture."""
    data = pillow_file(image, quality)
    learned, plain = numjpeg.decode(data, restore="learned"), numjpeg.decode(data)
    return 0 if np.array_equal(learned, plain) else numjpeg.psnr(image, learned) - numjpeg.psnr(image, plain)


@pytest.mark.usual(every=7)
@pytest.mark.parametrize("quality", [50, 75, 90, 95])
@pytest.mark.parametrize("name", drawings())
def test_no_drawing_loses(name: str, quality: int) -> None:
    assert gain(drawings()[name], quality) >= -0.01


@pytest.mark.sweep
@pytest.mark.corpus
def test_kodak_pictures_gain(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over plain decoding what was reached, over all channels; and no picture loses against ``restore=True``."""
    for quality, least in ((20, 0.99), (40, 0.96), (60, 0.91), (80, 0.73)):
        gains = []
        for path in sorted((corpus / "photos" / "kodak").glob("*.png")):
            image = np.asarray(Image.open(path).convert("RGB"))
            data = pillow_file(image, quality)
            learned, *less = (
                numjpeg.psnr(image, numjpeg.decode(data, restore=r)) for r in ("learned", False, True)
            )
            gains.append(learned - np.array(less))
        plain, restored = np.array(gains).T
        with capsys.disabled():
            print(
                f"\nlearned, quality {quality}: {plain.mean():+.2f} dB; over restored least {restored.min():+.2f}"
            )
        assert len(gains) == 8
        assert plain.mean() >= least
        assert restored.min() >= -0.01


@pytest.mark.sweep
@pytest.mark.corpus
def test_no_picture_of_the_corpus_loses(corpus: Path) -> None:
    """Each photograph at two of four qualities, its neighbour at the others."""
    for i, path in enumerate(sorted((corpus / "photos").glob("*/*.png"))):
        image = np.asarray(Image.open(path).convert("RGB"))[:512, :512]
        losses = {quality: gain(image, quality) for quality in (50, 75, 85, 95)[i % 2 :: 2]}
        assert min(losses.values()) >= -0.01, (path.name, losses)


def test_the_network_starts_from_what_restore_gives() -> None:
    """Weights of 0 add nothing."""
    coefficients = numjpeg.read_coefficients(pillow_file(samples.photograph()[100:164, 100:164, 1], 40))
    weights = {name: np.zeros_like(array) for name, array in np.load(str(ROOM / "network.npz")).items()}
    shown = module.Evidence(coefficients).tile(slice(0, 64), slice(0, 64))
    found = Network(weights)(*shown, Coding.of(coefficients))[0]
    expected = restore(coefficients.planes[0], coefficients.quantization_table(0), every=2) - 128
    assert np.array_equal(found, expected)


def test_what_is_not_restored_is_shown_as_it_is() -> None:
    coefficients = numjpeg.read_coefficients(pillow_file(samples.photograph()[100:164, 100:164], 40))
    whole = slice(0, 64), slice(0, 64)
    _, restored, _ = module.Evidence(coefficients).tile(*whole)
    _, plain, _ = module.Evidence(coefficients, able=[True, False, False]).tile(*whole)
    assert np.abs(restored[2:]).max() > 0.5
    assert np.allclose(plain[2:], 0, atol=1e-4)
    assert np.allclose(plain[:2], restored[:2] + restored[2:], atol=1e-4)


def test_the_card_names_what_the_weights_come_from() -> None:
    card = (ROOM / "network.md").read_text(encoding="utf-8")
    assert re.search(r"python -m numjpeg\.restoration\.train", card)
    assert len(re.findall(r"\b[0-9a-f]{64}\b", card)) == 1 + 13  # the weights, and thirteen pictures
