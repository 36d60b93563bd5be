"""Targets without tuning: the tables are libjpeg's scaled, and the next ones would miss the target."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from PIL import Image, ImageDraw
from samples import flat, noise, photograph, smooth

import numjpeg
import numjpeg.scans
from numjpeg import encoder
from numjpeg.rate_distortion import scaling, trials


def tables_of_libjpeg() -> list[np.ndarray]:
    """Those of quality 50, which are T.81's (K.1) unscaled."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "JPEG", quality=50)
    with Image.open(stream) as image:
        return [np.array(table).reshape(8, 8) for table in image.quantization.values()]


BASE = tables_of_libjpeg()


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def neighbour(data: bytes, base: list[np.ndarray], *, finer: bool) -> list[np.ndarray] | None:
    """The file's tables, held to be scaled ones, and the next set of tables; None if there is none."""
    coefficients = numjpeg.read_coefficients(data)
    used = [coefficients.quantization_tables[i].astype(float) for i in sorted(coefficients.quantization_tables)]
    base = [np.asarray(table, float).reshape(8, 8) for table in base[: len(used)]]
    pairs = list(zip(used, base, strict=True))
    # floor(b f + 1/2) = t where (t - 1/2) / b <= f < (t + 1/2) / b; no bound where an entry is cut to 1 or 255.
    low = max(np.where(t > 1, (t - 0.5) / b, 0).max() for t, b in pairs)
    high = min(np.where(t < 255, (t + 0.5) / b, np.inf).min() for t, b in pairs)
    assert low < high, "not one factor for all entries"
    factor = low * (1 - 1e-9) if finer else high * (1 + 1e-9)
    if factor in (0, np.inf):
        return None
    return [np.clip(np.floor(b * factor + 0.5), 1, 255).astype(int) for b in base]


def check_bytes(image: np.ndarray, target: int, base: list[np.ndarray], **options: object) -> None:
    data = numjpeg.encode(image, target_bytes=target, **options)
    qtables = options.pop("qtables", None)
    tables = numjpeg.read_coefficients(data).quantization_tables
    assert data == numjpeg.encode(image, qtables=[tables[i] for i in sorted(tables)], **options)
    assert by_pillow(data).shape[:2] == image.shape[:2]
    assert len(data) <= target
    finer = neighbour(data, base if qtables is None else qtables, finer=True)
    if len(data) < 0.98 * target and finer is not None:
        assert len(numjpeg.encode(image, qtables=finer, **options)) > target


@pytest.mark.usual(every=5)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimize": True},
        {"progressive": True},
        {"subsampling": "4:4:4"},
        {"subsampling": "4:1:1", "restart_marker_rows": 1},
        {"dct_method": "float"},
        {"colorspace": "BGR"},
        {"arithmetic": True, "progressive": True},
        {"qtables": [np.arange(64) * 5 + 3, np.full(64, 700)]},
    ],
    ids=str,
)
@pytest.mark.parametrize("target", [3000, 11111, 40000])
def test_target_bytes(options: dict[str, object], target: int) -> None:
    check_bytes(photograph()[60:260, 60:300], target, BASE, **options)


@pytest.mark.parametrize("make", [flat, smooth, noise])
@pytest.mark.parametrize("shape", [(1, 1, 1), (20, 17, 1), (64, 64, 3)])
def test_target_bytes_of_odd_pictures(make, shape: tuple[int, int, int]) -> None:
    image = make(*shape)
    sizes = [len(numjpeg.encode(image, quality)) for quality in (5, 50, 90)]
    coarsest = scaling.scaled(dict(enumerate(BASE[: 2 if shape[2] == 3 else 1])), 1e6)
    smallest = len(numjpeg.encode(image, qtables=list(coarsest.values())))
    for target in (*sizes, *(size + 9 for size in sizes), 10**7):
        if target >= smallest:
            check_bytes(image, target, BASE)
    with pytest.raises(
        ValueError, match=f"^target_bytes: 100 is impossible, the smallest file has {smallest} bytes"
    ):
        numjpeg.encode(image, target_bytes=100)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimize": True},
        {"progressive": True},
        {"subsampling": "4:4:4"},
        {"keep_rgb": True},
        {"arithmetic": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("target", [24, 30.5, 35])
def test_target_psnr(options: dict[str, object], target: float) -> None:
    image = photograph()[60:260, 60:300]
    check_psnr(image, target, **options)


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}, {"arithmetic": True}], ids=str)
def test_small_files_fill_their_targets(options: dict[str, object]) -> None:
    """The head is most of such a file; how long it is must be known."""
    for image in (photograph()[:40, :16], noise(5, 31), photograph()[200:264, 200:230]):
        for quality in (10, 50, 90):
            size = len(numjpeg.encode(image, quality, **options))
            for more in (0, 11, 40):
                check_bytes(image, size + more, BASE, **options)


def test_target_psnr_of_gray_and_cmyk() -> None:
    gray = photograph()[:150, :170, 1]
    assert 33 <= numjpeg.psnr(gray, by_pillow(numjpeg.encode(gray, target_psnr=33))) <= 33.2
    cmyk = np.concatenate([photograph()[:150, :170], 255 - gray[..., np.newaxis]], axis=2)
    data = numjpeg.encode(cmyk, target_psnr=33, colorspace="CMYK")
    assert 33 <= numjpeg.psnr(cmyk, by_pillow(data)) <= 33.2


@pytest.mark.parametrize("tune", [None, "psnr"])
def test_an_unreachable_psnr_says_whether_full_chroma_would_do(tune: str | None) -> None:
    """Chroma of one-pixel stripes is lost at 4:2:0."""
    image = np.zeros((48, 48, 3), np.uint8)
    image[:, ::2, 0] = image[:, 1::2, 2] = 200
    with pytest.raises(ValueError, match=r'target_psnr: 40 .* dB; subsampling="4:4:4" reaches it$'):
        numjpeg.encode(image, target_psnr=40, tune=tune)
    assert (
        numjpeg.psnr(image, by_pillow(numjpeg.encode(image, target_psnr=40, tune=tune, subsampling="4:4:4"))) >= 40
    )
    for subsampling in ("4:2:0", "4:4:4"):
        with pytest.raises(ValueError, match=r"target_psnr: 99.* dB$"):
            numjpeg.encode(image, target_psnr=99, tune=tune, subsampling=subsampling)


def test_a_target_is_instead_of_a_quality() -> None:
    image = photograph()[:32, :32]
    for name, value in (("target_bytes", 2000), ("target_psnr", 30)):
        with pytest.raises(ValueError, match=rf"^{name}: not together with quality"):
            numjpeg.encode(image, 50, **{name: value})
    with pytest.raises(ValueError, match=r"^target_psnr: not together with target_bytes"):
        numjpeg.encode(image, target_psnr=30, target_bytes=2000)


def text(height: int, width: int) -> np.ndarray:
    """Black letters on white."""
    page = Image.new("RGB", (width, height), "white")
    for y in range(4, height, 14):
        ImageDraw.Draw(page).text((4, y), "The quick brown fox jumps over the lazy dog " * 4, fill=(0, 0, 0))
    return np.asarray(page)


def ramp(height: int, width: int) -> np.ndarray:
    """Gray from black on the left to white on the right."""
    row = (np.arange(width) * 255 // max(1, width - 1)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(row[np.newaxis, :, np.newaxis], (height, width, 3)))


PICTURES = {
    "photograph": photograph(),
    "thumbnail": np.ascontiguousarray(photograph()[60:160, 200:275]),
    "icon": np.ascontiguousarray(photograph()[100:124, 200:224]),
    "block": np.ascontiguousarray(photograph()[100:108, 200:208]),
    "pixel": np.ascontiguousarray(photograph()[100:101, 200:201]),
    "page": text(300, 300),
    "lines": text(100, 100),
    "flat": flat(64, 64),
    "large flat": np.ascontiguousarray(flat(300, 300)),
    "ramp": ramp(64, 64),
    "column": np.ascontiguousarray(ramp(64, 64).swapaxes(0, 1)),
    "tinted": np.ascontiguousarray(ramp(64, 64).swapaxes(0, 1) // np.array([1, 2, 3], np.uint8)),
    "narrow": np.ascontiguousarray(ramp(4, 64).swapaxes(0, 1)),
    "large ramp": ramp(300, 300),
    "noise": noise(64, 64),
    "large noise": noise(300, 300),
}


def check_psnr(image: np.ndarray, target: float, may_be_coarsest: bool = False, **options: object) -> None:
    """The PSNR is met and at most 0.2 dB above, or the next coarser tables miss it, or there may be none."""
    data = numjpeg.encode(image, target_psnr=target, **options)
    tables = numjpeg.read_coefficients(data).quantization_tables
    assert data == numjpeg.encode(image, qtables=[tables[i] for i in sorted(tables)], **options)
    reached = numjpeg.psnr(image, by_pillow(data))
    assert reached >= target
    coarser = neighbour(data, BASE, finer=False)
    assert coarser is not None or may_be_coarsest or reached <= target + 0.2
    if reached > target + 0.2 and coarser is not None:
        again = numjpeg.encode(image, qtables=coarser, **options)
        assert numjpeg.psnr(image, by_pillow(again)) < target


@pytest.mark.usual("icon", "pixel", "flat", "ramp", "block")
@pytest.mark.parametrize("name", PICTURES)
def test_targets_of_all_kinds_of_pictures(name: str) -> None:
    image = PICTURES[name]
    finest = numjpeg.psnr(image, by_pillow(numjpeg.encode(image, qtables=[np.ones(64, int)] * 2)))
    for target in (22, 27.5, 34, 38, 42):
        if target < finest:
            check_psnr(image, target, may_be_coarsest=True)
    for quality in (5, 60, 95):
        check_bytes(image, len(numjpeg.encode(image, quality)) + 2, BASE)


@pytest.mark.usual("icon", "pixel", "flat", "ramp")
@pytest.mark.parametrize("name", sorted(PICTURES.keys() - {"photograph", "large noise"}))
def test_files_for_a_target_are_the_same_without_the_fast_forms(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = PICTURES[name]
    targets = [{"target_psnr": 26.5}, {"target_bytes": len(numjpeg.encode(image, 40)) + 1}]
    if "noise" in name:
        targets.pop(0)  # out of reach
    for target in targets:
        for options in ({}, {"progressive": True}, {"subsampling": "4:4:4", "optimize": True}):
            with monkeypatch.context() as context:
                context.setattr(numjpeg.scans, "_fast_forms_enabled", False)
                expected = numjpeg.encode(image, **target, **options)
            assert numjpeg.encode(image, **target, **options) == expected


def encodes(image: np.ndarray, options: dict[str, float]) -> float:
    """How many times as long as to encode it takes to meet a target: the smallest CPU times of a few, in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(15):
        for own, more in zip(times, ({}, options), strict=True):
            numjpeg.encode(image, **more)  # so that both have their plans, and the caches
            start = time.process_time()
            numjpeg.encode(image, **more)
            own.append(time.process_time() - start)
    return min(times[1]) / min(times[0])


@pytest.mark.parametrize("name", sorted(PICTURES.keys() - {"noise", "large noise", "tinted"}))
@pytest.mark.parametrize("target", [27, 32])
@pytest.mark.usual("27-thumbnail", "32-large ramp", "32-icon", "32-flat")
def test_a_psnr_takes_at_most_the_time_of_eight_files(target: float, name: str) -> None:
    """Noise has no such PSNR. Where PSNRs jump all the way, as in tinted ramps, it takes up to 12 files."""
    assert any(encodes(PICTURES[name], {"target_psnr": target}) < 8 for _ in range(5))  # others' load only adds


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.usual("photograph", "thumbnail", "pixel", "flat")
def test_a_size_takes_at_most_the_time_of_eight_files(name: str) -> None:
    options = {"target_bytes": len(numjpeg.encode(PICTURES[name], 75)) + 2}
    assert any(encodes(PICTURES[name], options) < 8 for _ in range(5))  # others' load only adds


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.usual("photograph", "thumbnail", "icon", "flat", "ramp")
def test_few_files_are_tried(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image, counts = PICTURES[name], {"file": 0, "errors": 0}
    for owner, method in ((encoder._Rewriter, "file"), (trials.Trials, "errors")):
        original = getattr(owner, method)

        def counted(self, *given, method=method, original=original):
            counts[method] += 1
            return original(self, *given)

        monkeypatch.setattr(owner, method, counted)
    for quality in (25, 75, 90):
        size = len(numjpeg.encode(image, quality)) + 2
        counts["file"] = 0
        numjpeg.encode(image, target_bytes=size)
        assert counts["file"] <= 6
    for target in () if "noise" in name else (27, 32, 36):
        counts["file"] = counts["errors"] = 0
        numjpeg.encode(image, target_psnr=target)
        assert counts["file"] == 1
        assert counts["errors"] <= 7
