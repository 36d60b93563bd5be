"""Bands of a picture: what they hold does not depend on where it is cut, and memory does not grow with it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from samples import photograph

import numjpeg
from numjpeg.coefficients import Component
from numjpeg.rate_distortion import picture as module
from numjpeg.rate_distortion.picture import Band, BandedPicture, Levels

FACTORS = {"4:4:4": (1, 1), "4:2:2": (2, 1), "4:4:0": (1, 2), "4:2:0": (2, 2), "4:1:1": (4, 1)}


def make(samples: np.ndarray, subsampling: str = "4:2:0") -> BandedPicture:
    first = Component(1, *FACTORS[subsampling], 0)
    return BandedPicture(samples, [first, replace(first, H=1, V=1), replace(first, H=1, V=1)])


def levels(picture: BandedPicture, seed: int) -> tuple[Levels, Levels]:
    """Some luma and chroma that are near the picture."""
    whole = Band(0, picture.mcu_rows)
    random = np.random.default_rng(seed)
    steps = random.integers(5, 30, 64).astype(np.float32)

    def rounded(coefficients: np.ndarray, blocks: tuple[int, int]) -> np.ndarray:
        return np.rint(coefficients / steps).astype(np.int16).reshape(*blocks, 64)

    luma = [rounded(picture.luma(whole), picture.luma_blocks)]
    chroma = [rounded(own, picture.chroma_blocks) for own in picture.chroma(whole)]
    return Levels(luma, steps), Levels(chroma, steps)


@pytest.mark.parametrize("subsampling", FACTORS)
@pytest.mark.parametrize("size", [(160, 70), (151, 65)])
def test_bands_are_parts_of_the_whole(subsampling: str, size: tuple[int, int]) -> None:
    """Clipping aside: the samples of this picture are all inside 1 .. 254."""
    samples = np.clip(photograph()[100 : 100 + size[0], 100 : 100 + size[1]], 1, 254)
    picture = make(samples, subsampling)
    luma, chroma = levels(picture, 1)
    whole = Band(0, picture.mcu_rows)
    cuts = [0, 1, 3, picture.mcu_rows]
    bands = [Band(*pair) for pair in pairwise(cuts)]

    def joined(of_band) -> np.ndarray:
        return np.concatenate([of_band(band) for band in bands])

    for of_band in (
        picture.luma,
        lambda band: picture.luma_after(band, chroma),
        lambda band: picture.luma_after(band, chroma, luma),
        *(lambda band, i=i: picture.chroma(band)[i] for i in range(2)),
        *(lambda band, i=i: picture.chroma_after(band, luma, chroma)[i] for i in range(2)),
    ):
        picture._plain.clear()
        expected = of_band(whole)
        picture._plain.clear()
        np.testing.assert_allclose(joined(of_band), expected, atol=2e-3)


@pytest.mark.usual(every=3)
@pytest.mark.parametrize("tune", ["psnr", "perceptual"])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_bands_hardly_show_in_the_file(tune: str, subsampling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = photograph()
    whole = numjpeg.encode(image, 70, tune=tune, subsampling=subsampling)
    monkeypatch.setattr(module, "BAND_SAMPLES", 1)
    monkeypatch.setattr(module, "BAND_MCU_ROWS", 2)
    monkeypatch.setattr(module, "KEPT_SAMPLES", 0)
    cut = numjpeg.encode(image, 70, tune=tune, subsampling=subsampling)
    assert abs(len(cut) / len(whole) - 1) < 0.001
    assert abs(numjpeg.psnr(image, numjpeg.decode(cut)) - numjpeg.psnr(image, numjpeg.decode(whole))) < 0.005


@pytest.mark.sweep
@pytest.mark.parametrize(
    "options",
    [
        {"tune": "psnr"},
        pytest.param({"tune": "psnr", "width": 15000}, marks=pytest.mark.sweep),
        pytest.param({"tune": "perceptual"}, marks=pytest.mark.corpus),
        pytest.param({"tune": "psnr", "subsampling": "4:4:4"}, marks=pytest.mark.corpus),
        pytest.param({"tune": "psnr", "progressive": True}, marks=pytest.mark.corpus),
        pytest.param({"tune": "psnr", "target_psnr": 34}, marks=pytest.mark.corpus),
    ],
    ids=str,
)
def test_memory_beside_the_picture(options: dict[str, object]) -> None:
    """At most 12 bytes a pixel at the peak, at 6 megapixels, by the pages of a fresh process."""
    options = dict(options)
    width = options.pop("width", 3000)
    program = (
        "import sys\n"
        f"sys.path[:0] = {sys.path!r}\n"
        "import numpy as np, numjpeg\n"
        "from samples import photograph\n"
        "tile = photograph()\n"
        f"height, width = 6000000 // {width}, {width}\n"
        "image = np.tile(tile, (height // 512 + 1, width // 512 + 1, 1))[:height, :width].copy()\n"
        "numjpeg.encode(tile[:64, :64], 50, tune='psnr')\n"
        # Of this process alone; ru_maxrss begins at that of the process that started it.
        "status = lambda: dict(line.split(':') for line in open('/proc/self/status') if 'Vm' in line)\n"
        "peak = lambda: 1024 * int(status()['VmHWM'].split()[0])\n"
        "before = peak()\n"
        f"numjpeg.encode(image, **{options!r})\n"
        "print((peak() - before) / 6e6)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert 0 < float(done.stdout) < 12
