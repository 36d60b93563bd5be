"""``encode(tune=...)``: better pictures for their bytes, targets, importance, and what is refused."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from samples import photograph

import numjpeg
from numjpeg.rate_distortion import tuning


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """A face and what is around it."""
    return photograph()[20:276, 100:356]


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
    """The scan headers are those of a file by Pillow, and 15 % of the file show more than of the smallest."""
    stream = BytesIO()
    Image.fromarray(photo).save(stream, "JPEG", quality=40, progressive=True)
    assert numjpeg.encode(photo, 40, scans="preview") == stream.getvalue()
    preview = numjpeg.encode(photo, 70, tune="psnr", scans="preview")

    def scans(data: bytes) -> list[list[int]]:
        """Component identifiers, Ss, Se, Ah and Al of each scan header (B.2.3); selectors of tables left out."""
        headers = [part[2:] for part in data.split(b"\xff\xda")[1:]]
        return [[*part[1 : 1 + 2 * part[0] : 2], *part[1 + 2 * part[0] :][:3]] for part in headers]

    def beginning(data: bytes) -> float:
        return numjpeg.psnr(photo, numjpeg.decode(data[: len(data) * 15 // 100], strict=False, colorspace="RGB"))

    assert len(scans(preview)) == 10
    assert scans(preview) == scans(stream.getvalue())
    assert beginning(preview) > beginning(numjpeg.encode(photo, 70, tune="psnr", progressive=True)) + 1
    with pytest.raises(ValueError, match="scans: 'small'"):
        numjpeg.encode(photo, scans="small")


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


# --- refusals --------------------------------------------------------------------------------------------

IMAGE = np.zeros((20, 30, 3), np.uint8)


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
