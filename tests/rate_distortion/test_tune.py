"""``encode(tune=...)``: better pictures for their bytes, targets, importance, and what is refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from samples import extremes, flat, noise, photograph, smooth

import numjpeg
from numjpeg.rate_distortion import search, tuning


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A face and what is around it."""
    return photograph()[20:276, 100:356]


def rate_at(image: np.ndarray, decibels: float, **options: object) -> float:
    """Bytes at a PSNR, between the qualities that surround it."""
    points = []
    for quality in (30, 50, 70, 85, 93):
        data = numjpeg.encode(image, quality, **options)
        points.append((numjpeg.psnr(image, by_pillow(data)), np.log(len(data))))
    at, log_bytes = zip(*points, strict=True)
    assert at[0] < decibels < at[-1]
    return float(np.exp(np.interp(decibels, at, log_bytes)))


def test_psnr_takes_a_fifth_of_the_bytes_less(photo: np.ndarray) -> None:
    assert rate_at(photo, 35, tune="psnr") < 0.8 * rate_at(photo, 35, optimize=True)


@pytest.mark.parametrize("quality", [40, 60, 90])
def test_progressive_is_smaller_and_as_good(photo: np.ndarray, quality: int) -> None:
    baseline = numjpeg.encode(photo, quality, tune="psnr")
    progressive = numjpeg.encode(photo, quality, tune="psnr", progressive=True)
    with Image.open(BytesIO(baseline)) as one, Image.open(BytesIO(progressive)) as other:
        assert not one.info.get("progressive")
        assert other.info["progressive"]
    assert len(progressive) < len(baseline)
    assert abs(numjpeg.psnr(photo, by_pillow(progressive)) - numjpeg.psnr(photo, by_pillow(baseline))) < 0.1
    # libjpeg's scans for the same coefficients take more.
    libjpegs = numjpeg.write_coefficients(numjpeg.read_coefficients(baseline), progressive=True)
    assert len(progressive) < len(libjpegs)


def test_scans_of_ones_own_are_kept(photo: np.ndarray) -> None:
    scans = [((0, 1, 2), 0, 0, 0, 0), (0, 1, 63, 0, 0), (1, 1, 63, 0, 0), (2, 1, 63, 0, 0)]
    data = numjpeg.encode(photo, 40, tune="psnr", scans=scans)
    with Image.open(BytesIO(data)) as image:
        assert image.info["progressive"]
        assert numjpeg.psnr(photo, np.asarray(image)) > 30
    assert data.count(b"\xff\xda") == len(scans)


def test_preview_is_libjpegs_order_of_scans(photo: np.ndarray) -> None:
    """The scan headers are those of a file by Pillow, and a tenth of the file shows more than of the smallest."""
    stream = BytesIO()
    Image.fromarray(photo).save(stream, "JPEG", quality=40, progressive=True)
    assert numjpeg.encode(photo, 40, scans="preview") == stream.getvalue()
    preview = numjpeg.encode(photo, 70, tune="psnr", scans="preview")

    def scans(data: bytes) -> list[list[int]]:
        """Component identifiers, Ss, Se, Ah and Al of each scan header (B.2.3); selectors of tables left out."""
        headers = [part[2:] for part in data.split(b"\xff\xda")[1:]]
        return [[*part[1 : 1 + 2 * part[0] : 2], *part[1 + 2 * part[0] :][:3]] for part in headers]

    def first_tenth(data: bytes) -> float:
        return numjpeg.psnr(photo, numjpeg.decode(data[: len(data) // 10], strict=False, colorspace="RGB"))

    assert len(scans(preview)) == 10
    assert scans(preview) == scans(stream.getvalue())
    assert first_tenth(preview) > first_tenth(numjpeg.encode(photo, 70, tune="psnr", progressive=True)) + 1
    with pytest.raises(ValueError, match="scans: 'small'"):
        numjpeg.encode(photo, scans="small")


@pytest.mark.parametrize("tune", ["psnr", "perceptual"])
@pytest.mark.parametrize("quality", [1, 40, 90, 100])
def test_every_kind_of_picture_becomes_a_file_that_others_read(tune: str, quality: int) -> None:
    for make in (noise, smooth, flat, extremes):
        for shape in ((1, 1, 3), (9, 3, 3), (17, 33, 1), (40, 50, 3)):
            image = make(*shape)
            data = numjpeg.encode(image, quality, tune=tune)
            decoded = by_pillow(data)
            assert decoded.shape == image.shape
            np.testing.assert_array_equal(decoded, numjpeg.decode(data))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "4:1:1"])
def test_every_subsampling_beats_rounding(photo: np.ndarray, subsampling: str) -> None:
    photo = photo[:160]
    plain = numjpeg.encode(photo, 80, subsampling=subsampling, optimize=True)
    tuned = numjpeg.encode(photo, tune="psnr", target_bytes=len(plain), subsampling=subsampling)
    assert [(c.H, c.V) for c in numjpeg.read_coefficients(tuned).components] == [
        (c.H, c.V) for c in numjpeg.read_coefficients(plain).components
    ]
    assert numjpeg.psnr(photo, by_pillow(tuned)) > numjpeg.psnr(photo, by_pillow(plain)) + 0.5


def test_bgr_is_rgb_turned_round(photo: np.ndarray) -> None:
    data = numjpeg.encode(photo, 50, tune="psnr")
    assert numjpeg.encode(photo[..., ::-1], 50, tune="psnr", colorspace="BGR") == data


def test_metadata_and_restart_markers_are_kept(photo: np.ndarray) -> None:
    data = numjpeg.encode(photo, 50, tune="psnr", comment="hello", dpi=(72, 72), restart_marker_rows=2)
    assert numjpeg.read_coefficients(data).restart_interval == 2 * 256 // 16
    with Image.open(BytesIO(data)) as image:
        assert image.info["comment"] == b"hello"
        assert image.info["dpi"] == (72, 72)
        image.load()


def test_chroma_is_made_for_the_decoder(photo: np.ndarray) -> None:
    """Each kind of downsampling is the better one for the decoder that it is made for."""
    saturated = np.clip((photo.astype(int) - 128) * 2 + 128, 0, 255).astype(np.uint8)
    error = {}
    for fitted in (True, False):
        data = numjpeg.encode(saturated, tune="psnr", target_bytes=15000, fancy_upsampling=fitted)
        for used in (True, False):
            error[fitted, used] = numjpeg.mse(saturated, numjpeg.decode(data, fancy_upsampling=used))
    assert error[True, True] < error[False, True]
    assert error[False, False] < error[True, False]


# --- quality ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tune", ["psnr", "perceptual"])
def test_a_higher_quality_is_larger_and_better(photo: np.ndarray, tune: str) -> None:
    image = photo[:128, :160]
    files = [numjpeg.encode(image, quality, tune=tune) for quality in range(1, 101, 9)]
    sizes = np.array([len(data) for data in files])
    decibels = np.array([numjpeg.psnr(image, by_pillow(data)) for data in files])
    assert (sizes[1:] >= sizes[:-1] * 0.99).all()
    assert (np.diff(decibels) > -0.05).all()


def test_strengths_fall_with_quality() -> None:
    for tune in tuning.AIMS:
        strengths = [tuning.strength_of(tune, quality) for quality in range(1, 101)]
        assert (np.diff(strengths) < 0).all()


@pytest.mark.parametrize("quality", [15, 50, 75, 92])
def test_quality_means_the_psnr_that_libjpeg_gives(quality: int) -> None:
    image = photograph()
    plain = by_pillow(numjpeg.encode(image, quality))
    tuned = by_pillow(numjpeg.encode(image, quality, tune="psnr"))
    assert abs(numjpeg.psnr(image, tuned) - numjpeg.psnr(image, plain)) < 5


# --- targets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tune", "target", "progressive"),
    [
        ("psnr", 1000, False),
        ("psnr", 3000, True),
        ("psnr", 10000, False),
        ("perceptual", 1000, True),
        ("perceptual", 10000, False),
    ],
)
def test_target_bytes(photo: np.ndarray, tune: str, target: int, progressive: bool) -> None:
    image = photo[:128, :160]
    data = numjpeg.encode(image, tune=tune, target_bytes=target, progressive=progressive)
    assert 0.98 * target <= len(data) <= target
    assert by_pillow(data).shape == image.shape


@pytest.mark.parametrize("tune", ["psnr", "perceptual"])
@pytest.mark.parametrize("target", [24, 31.5, 36, 40.25])
def test_target_psnr(photo: np.ndarray, tune: str, target: float) -> None:
    data = numjpeg.encode(photo, tune=tune, target_psnr=target)
    assert target <= numjpeg.psnr(photo, by_pillow(data)) <= target + 0.05


def test_more_bytes_than_any_file_takes_give_the_finest(photo: np.ndarray) -> None:
    data = numjpeg.encode(photo, tune="psnr", target_bytes=10_000_000)
    assert data == numjpeg.encode(photo, 100, tune="psnr")


def test_impossible_targets_name_what_is_possible(photo: np.ndarray) -> None:
    photo = photo[:96, :128]
    with pytest.raises(
        ValueError, match=r"target_bytes: 200 is impossible, the smallest file has (\d+) bytes"
    ) as e:
        numjpeg.encode(photo, tune="psnr", target_bytes=200)
    smallest = int(str(e.value).split()[-2])
    assert 0.98 * smallest <= len(numjpeg.encode(photo, tune="psnr", target_bytes=smallest)) <= smallest
    with pytest.raises(ValueError, match=r"target_psnr: 60 dB is impossible, the best file has (\S+) dB") as e:
        numjpeg.encode(photo, tune="psnr", target_psnr=60)
    best = float(str(e.value).split()[-2])
    finest = numjpeg.psnr(photo, by_pillow(numjpeg.encode(photo, 100, tune="psnr")))
    assert best <= finest < best + 0.01
    assert numjpeg.psnr(photo, by_pillow(numjpeg.encode(photo, tune="psnr", target_psnr=best))) >= best


def test_a_search_in_jumps_ends_at_the_best_file() -> None:
    """Sizes that only change in steps: the largest that fits is found."""
    sizes = {k: bytes(10 * k + 7) for k in range(1, 40)}
    found = search.for_bytes(lambda strength: sizes[int(np.clip(40 / strength, 1, 39))], 105, 1.0)
    assert len(found) == 97


# --- importance ------------------------------------------------------------------------------------------


def quarter(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The middle quarter four times as important, and where it is."""
    inside = np.zeros((height, width), bool)
    inside[height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2] = True
    return np.where(inside, 4.0, 1.0), inside


def gains(image: np.ndarray, quality: int) -> tuple[float, float, float]:
    """dB inside and outside, and the ratio of bytes."""
    importance, inside = quarter(*image.shape[:2])
    plain = numjpeg.encode(image, quality, tune="psnr")
    mapped = numjpeg.encode(image, tune="psnr", importance=importance, target_bytes=len(plain))
    before, after = by_pillow(plain), by_pillow(mapped)
    inner, outer = (
        numjpeg.psnr(image[where], after[where]) - numjpeg.psnr(image[where], before[where])
        for where in (inside, ~inside)
    )
    return inner, outer, len(mapped) / len(plain)


def test_what_is_marked_gets_better(photo: np.ndarray) -> None:
    inner, outer, ratio = gains(photo, 60)
    assert inner > 0.9
    assert outer < 0
    assert 0.98 <= ratio <= 1


@pytest.mark.corpus
@pytest.mark.parametrize("number", [1, 4, 5, 8, 13, 19, 20, 23])
def test_a_quarter_of_each_kodak_picture_gains_a_decibel(corpus: Path, number: int) -> None:
    with Image.open(corpus / "photos" / "kodak" / f"kodim{number:02}.png") as picture:
        inner, _, ratio = gains(np.asarray(picture.convert("RGB")), 75)
    assert inner >= 1.0
    assert 0.995 <= ratio <= 1


@pytest.mark.parametrize("value", [1, 0.3, True, np.uint8(7)])
def test_a_uniform_map_changes_nothing(photo: np.ndarray, value: object) -> None:
    image = photo[:50, :70]
    data = numjpeg.encode(image, 60, tune="psnr")
    assert numjpeg.encode(image, 60, tune="psnr", importance=np.full((50, 70), value)) == data


def test_only_ratios_of_importance_matter(photo: np.ndarray) -> None:
    image = photo[:64, :64]
    importance = np.random.default_rng(0).integers(0, 5, (64, 64))
    data = numjpeg.encode(image, 60, tune="psnr", importance=importance)
    assert numjpeg.encode(image, 60, tune="psnr", importance=importance * 8.0) == data
    assert numjpeg.encode(image, 60, tune="psnr", importance=importance[::-1]) != data


def test_auto_spends_on_what_is_smooth() -> None:
    image = np.concatenate([smooth(128, 128) // 8 * 8, noise(128, 128)], axis=1)
    plain = numjpeg.encode(image, 50, tune="psnr")
    auto = numjpeg.encode(image, tune="psnr", importance="auto", target_bytes=len(plain))
    left = np.s_[:, :112]
    better = numjpeg.psnr(image[left], by_pillow(auto)[left]) - numjpeg.psnr(image[left], by_pillow(plain)[left])
    assert better > 0.3


# --- refusals --------------------------------------------------------------------------------------------

IMAGE = np.zeros((20, 30, 3), np.uint8)


@pytest.mark.parametrize(
    "importance",
    [
        np.ones((30, 20)),
        np.ones((20, 30, 1)),
        np.ones(5),
        -np.ones((20, 30)),
        np.zeros((20, 30)),
        np.full((20, 30), np.nan),
        np.full((20, 30), np.inf),
        np.ones((20, 30), complex),
        np.full((20, 30), "a"),
        "face",
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.dtype}{value.shape}{value.flat[0]}",
)
def test_wrong_maps_are_refused(importance: object) -> None:
    with pytest.raises(ValueError, match="importance"):
        numjpeg.encode(IMAGE, tune="psnr", importance=importance)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tune", {"tune": "ssim"}),
        ("tune", {"tune": "psnr", "keep_rgb": True}),
        ("qtables", {"tune": "psnr", "qtables": [range(1, 65)]}),
        ("subsampling", {"tune": "psnr", "subsampling": "2x2,1x2,1x1"}),
        ("importance", {"importance": "auto"}),
        ("target_bytes", {"tune": "psnr", "target_bytes": 0}),
        ("target_psnr", {"tune": "psnr", "target_psnr": float("nan")}),
        ("target_psnr", {"tune": "psnr", "target_psnr": 30, "target_bytes": 1000}),
        ("target_bytes", {"tune": "psnr", "quality": 30, "target_bytes": 1000}),
    ],
)
def test_wrong_values_are_named(name: str, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"^{name}: "):
        numjpeg.encode(IMAGE, **options)


@pytest.mark.parametrize(
    ("name", "value"), [("target_bytes", 1000.5), ("target_bytes", True), ("target_psnr", "30")]
)
def test_wrong_types_are_named(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{name}: "):
        numjpeg.encode(IMAGE, tune="psnr", **{name: value})


def test_progress_rises_to_the_end() -> None:
    seen: list[float] = []
    image = photograph()[:256, :256]
    data = numjpeg.encode(image, 60, tune="psnr", progress=seen.append)
    assert data == numjpeg.encode(image, 60, tune="psnr")
    assert seen == sorted(seen)
    assert 0 <= seen[0] <= seen[-1] <= 1
    assert len(seen) >= 1
