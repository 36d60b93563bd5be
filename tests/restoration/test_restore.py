"""Restored decoding: each step against a literal oracle, the intervals of the file, PSNR against Pillow."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import samples
from PIL import Image, ImageDraw, ImageFont

import numjpeg
from numjpeg.restoration import restore as module
from numjpeg.restoration.restore import average_of_shifts, centroid_shifts, centroids, project, restore

COSINES = np.array(
    [[np.cos((2 * x + 1) * u * np.pi / 16) * (0.5 if u else np.sqrt(0.125)) for x in range(8)] for u in range(8)]
)
"""A.3.3 in float64: blocks transform as ``COSINES @ block @ COSINES.T``."""


def pillow_file(image: np.ndarray, quality: int, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality, **options)
    return stream.getvalue()


def exact_forward(plane: np.ndarray) -> np.ndarray:
    """Coefficients ``(rows, columns, 8, 8)`` of level-shifted samples, in float64."""
    rows, columns = plane.shape[0] // 8, plane.shape[1] // 8
    blocks = plane.astype(np.float64).reshape(rows, 8, columns, 8).swapaxes(1, 2)
    return COSINES @ blocks @ COSINES.T


@pytest.mark.parametrize("quality", [5, 30, 75, 95])
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (33, 70), (130, 96)])
def test_every_coefficient_stays_in_its_interval(quality: int, size: tuple[int, int]) -> None:
    coefficients = numjpeg.read_coefficients(pillow_file(samples.smooth(*size), quality))
    for i, plane in enumerate(coefficients.planes):
        table = coefficients.quantization_table(i)
        restored = restore(plane, table)
        assert restored.shape == (plane.shape[0] * 8, plane.shape[1] * 8)
        steps = exact_forward(restored - 128.0) / table
        assert np.abs(steps - plane).max() <= 0.5


def test_centroids_are_those_of_the_likeliest_laplacian() -> None:
    random = np.random.default_rng(1)
    plane = np.rint(random.laplace(0, random.uniform(0.05, 4, (8, 8)), (40, 30, 8, 8))).astype(np.int16)
    table = random.integers(1, 100, (8, 8)).astype(np.uint16)
    found = centroids(plane, table, centroid_shifts(plane))
    x = np.linspace(-0.5, 0.5, 20001)
    for u, v in [(0, 1), (3, 3), (7, 2), (7, 7)]:
        k = np.abs(plane[:, :, u, v].astype(int))
        t = np.exp(-np.linspace(0.002, 20, 20000))  # every distribution, and its likelihood
        likelihood = (k == 0).sum() * np.log(1 - np.sqrt(t))
        likelihood += (k > 0).sum() * np.log(1 - t) + (k[k > 0] - 0.5).sum() * np.log(t)
        best = t[likelihood.argmax()]
        density = best**x
        shift = (x * density).sum() / density.sum()
        expected = (plane[:, :, u, v] + np.sign(plane[:, :, u, v]) * shift) * table[u, v]
        assert np.allclose(found[:, :, u, v], expected, atol=0.002 * table[u, v])
    assert np.array_equal(found[:, :, 0, 0], plane[:, :, 0, 0] * table[0, 0].astype(np.float32))


def test_centroids_of_nothing_and_of_much() -> None:
    table = np.full((8, 8), 16, np.uint16)
    nothing, large = np.zeros((2, 3, 8, 8), np.int16), np.full((2, 3, 8, 8), -1000, np.int16)
    assert not centroids(nothing, table, centroid_shifts(nothing)).any()
    assert np.abs(centroids(large, table, centroid_shifts(large)) / 16 + 1000).max() < 0.01
    assert np.isfinite(centroid_shifts(np.full((1, 1, 8, 8), -32768, np.int16))).all()


def average_literally(plane: np.ndarray, thresholds: np.ndarray, every: int) -> np.ndarray:
    """Shift by shift, block by block."""
    padded = np.pad(plane.astype(np.float64), 8, mode="symmetric")
    total, weights = np.zeros_like(padded), np.zeros_like(padded)
    for top in range(padded.shape[0] - 8):
        for left in range(3 * top % every, padded.shape[1] - 8, every):
            coefficients = COSINES @ padded[top : top + 8, left : left + 8] @ COSINES.T
            kept = np.abs(coefficients) > thresholds
            kept[0, 0] = True
            block = COSINES.T @ np.where(kept, coefficients, 0) @ COSINES
            total[top : top + 8, left : left + 8] += block / kept.sum()
            weights[top : top + 8, left : left + 8] += 1 / kept.sum()
    return (total / np.where(weights, weights, 1))[8:-8, 8:-8]


@pytest.mark.parametrize("every", [1, 4])
def test_average_of_shifts_is_the_literal_one(every: int) -> None:
    plane = samples.smooth(40, 24, 1).astype(np.float32) - 128
    thresholds = np.random.default_rng(2).uniform(1, 30, (8, 8)).astype(np.float32)
    expected = average_literally(plane, thresholds, every)
    found = average_of_shifts(np.pad(plane, 8, mode="symmetric"), thresholds, every)
    assert np.allclose(found, expected, atol=0.01)


def test_bands_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    coefficients = numjpeg.read_coefficients(pillow_file(samples.smooth(70, 24, 1), 40))
    given = coefficients.planes[0], coefficients.quantization_table(0)
    whole = restore(*given)
    monkeypatch.setattr(module, "BAND_SAMPLES", 24 * 16)
    assert np.allclose(restore(*given), whole, atol=1e-3)


def test_project_moves_only_what_is_out_of_reach() -> None:
    plane = np.array([-2, 0, 3], np.int16).reshape(1, 3, 1, 1) * np.ones((8, 8), np.int16)
    table = np.full((8, 8), 10, np.uint16)
    given = np.array([-30.0, 1.0, 29.0], np.float32).reshape(1, 3, 1, 1) * np.ones((8, 8), np.float32)
    assert np.allclose(project(given, plane, table)[0, :, 4, 4], [-22.5, 1.0, 29.0])


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}, {"restart_marker_blocks": 3}])
def test_a_photograph_gains(options: dict[str, object]) -> None:
    image = samples.photograph()[100:300, 100:350]
    data = pillow_file(image, 40, **options)
    plain = np.asarray(Image.open(io.BytesIO(data)))
    restored = numjpeg.decode(data, restore=True)
    assert numjpeg.psnr(image, restored) > numjpeg.psnr(image, plain) + 0.3
    assert np.array_equal(numjpeg.decode(data), plain)


def test_other_kinds() -> None:
    gray = samples.photograph()[:100, :90, 1]
    data = pillow_file(gray, 30)
    restored = numjpeg.decode(data, restore=True)
    assert restored.shape == gray.shape
    assert numjpeg.psnr(gray, restored) > numjpeg.psnr(gray, numjpeg.decode(data)) + 0.3
    cmyk = numjpeg.encode(samples.noise(20, 20, 4), 50, colorspace="CMYK")
    assert numjpeg.decode(cmyk, restore=True).shape == (20, 20, 4)
    out = np.empty((100, 90), np.uint8)
    assert numjpeg.decode(data, restore=True, out=out) is out
    assert np.array_equal(out, restored)


@pytest.mark.parametrize("value", ["Learned", 1, 0, None, "yes"])
def test_restore_has_three_values(value: object) -> None:
    data = pillow_file(samples.smooth(8, 8), 50)
    with pytest.raises(ValueError, match=r"^restore: True, False or 'learned' expected"):
        numjpeg.decode(data, restore=value)


@cache
def drawings() -> dict[str, np.ndarray]:
    """Shapes, lines, text, tables of colours and dithering, as programs make them."""
    random = np.random.default_rng(0)
    found = {}
    for scale in (1, 3):  # with hard and with soft edges
        image = Image.new("RGB", (400 * scale, 300 * scale), "white")
        draw = ImageDraw.Draw(image)
        for k in range(25):
            x, y, w, h = (int(v) * scale for v in random.integers(0, 300, 4))
            color = tuple(int(v) for v in random.integers(0, 256, 3))
            shape = draw.ellipse if k % 2 == 0 else draw.rectangle
            box = (x, y, x + w // 3 + 5, y + h // 3 + 5)
            shape(box, fill=color if k % 3 else None, outline="black", width=2 * scale)
            draw.line((x, y, h, w), fill=color, width=(1 + k % 4) * scale)
        found[f"shapes, {scale}"] = np.asarray(image.resize((400, 300), Image.Resampling.LANCZOS))
    image = Image.new("RGB", (480, 320), "white")
    draw = ImageDraw.Draw(image)
    for i in range(14):
        text = "The quick brown fox jumps over the lazy dog 0123456789 "[i:] + "JPEG"
        draw.text(
            (10, 8 + 22 * i), text, fill=(0, 0, 0) if i % 3 else (0, 0, 160), font=ImageFont.load_default(10 + i)
        )
    found["text"], found["white text"] = np.asarray(image), 255 - np.asarray(image)
    image = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    for color in ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40)):
        heights = 150 + np.cumsum(random.normal(0, 4, 380))
        draw.line([(10 + i, float(y)) for i, y in enumerate(heights)], fill=color, width=2)
    for i in range(0, 400, 50):
        draw.line((i, 0, i, 300), fill=(220, 220, 220))
        draw.line((0, i, 400, i), fill=(220, 220, 220))
    found["plot"] = np.asarray(image)
    palette = np.array([[20, 20, 40], [200, 60, 60], [240, 220, 130], [60, 160, 90]], np.uint8)
    found["pixel art"] = palette[np.kron(random.integers(0, 4, (40, 40)), np.ones((7, 7), int))]
    colours, coarse = samples.photograph()[80:336, 60:380], np.indices((256, 320)).sum(0) // 14 % 2
    gray = Image.fromarray(colours).convert("L")
    found["dithered"] = np.asarray(gray.convert("1").convert("RGB"))
    found["dithered in colours"] = np.dstack(
        [Image.fromarray(plane).convert("1") for plane in colours.T]
    ).swapaxes(0, 1) * np.uint8(255)
    found["dots"] = np.repeat(
        (np.asarray(gray) > random.integers(0, 256, (256, 320)))[..., None], 3, -1
    ) * np.uint8(255)
    squares = [
        np.add.outer(np.arange(256) // 14 % 2 * i, np.arange(320) // 14 % 2 * j) for i, j in ((0, 1), (1, 0))
    ]
    found["squares"] = np.dstack([*squares, coarse]).astype(np.uint8) * 255
    image = Image.fromarray(colours)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 128, 320, 256), fill="white")
    for y in range(132, 256, 14):
        draw.text(
            (4, y),
            "The quick brown fox jumps over the lazy dog 0123456789",
            fill=tuple(random.integers(0, 256, 3).tolist()),
        )
    found["photograph and text"] = np.asarray(image)
    found["bars"] = np.repeat(np.kron(np.eye(3, dtype=np.uint8) * 255, np.ones((40, 1), np.uint8))[:, None], 90, 1)
    return found


def gain(image: np.ndarray, quality: int) -> float:
    """dB by which restoring brings the decoded file nearer to the picture."""
    data = pillow_file(image, quality)
    plain, restored = numjpeg.decode(data), numjpeg.decode(data, restore=True)
    return 0 if np.array_equal(restored, plain) else numjpeg.psnr(image, restored) - numjpeg.psnr(image, plain)


@pytest.mark.usual(every=5)
@pytest.mark.parametrize("quality", [10, 20, 40, 60, 75, 80, 85, 90, 95])
@pytest.mark.parametrize("name", drawings())
def test_no_drawing_loses(name: str, quality: int) -> None:
    assert gain(drawings()[name], quality) >= -0.02


def test_what_is_left_alone_is_decoded_plainly() -> None:
    data = pillow_file(drawings()["bars"], 80)
    np.testing.assert_array_equal(numjpeg.decode(data, restore=True), numjpeg.decode(data))


@pytest.mark.parametrize("quality", [60, 85, 92])
def test_a_file_that_was_coded_before_is_left_alone(quality: int) -> None:
    """Whatever the ratio of the steps; a picture that was not coded before gains."""
    image = samples.photograph()[80:336, 60:380, 1]
    assert gain(image, quality) > 0.2
    assert gain(numjpeg.decode(pillow_file(image, 50)), quality) == 0


@pytest.mark.corpus
@pytest.mark.usual("sample")
def test_no_picture_of_the_corpus_loses(photos: list[Path]) -> None:
    """Each picture at three of six qualities, the next one at the others."""
    for i, path in enumerate(photos):
        image = np.asarray(Image.open(path).convert("RGB"))[:512, :512]
        losses = {quality: gain(image, quality) for quality in (10, 30, 50, 75, 85, 95)[i % 2 :: 2]}
        assert min(losses.values()) >= -0.02, (path.name, losses)


@pytest.mark.sweep
@pytest.mark.corpus
def test_kodak_pictures_gain(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At least 0.4 dB on average at each quality, over all channels, and no picture loses."""
    for quality in (20, 40, 60):
        gains = []
        for path in sorted((corpus / "photos" / "kodak").glob("*.png")):
            image = np.asarray(Image.open(path).convert("RGB"))
            data = pillow_file(image, quality)
            plain = np.asarray(Image.open(io.BytesIO(data)))
            gains.append(numjpeg.psnr(image, numjpeg.decode(data, restore=True)) - numjpeg.psnr(image, plain))
        with capsys.disabled():
            print(f"\nrestore, quality {quality}: {np.mean(gains):+.2f} dB, least {min(gains):+.2f} dB")
        assert len(gains) == 8
        assert np.mean(gains) >= 0.4
        assert min(gains) >= 0
