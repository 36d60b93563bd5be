"""The two aims of ``encode(tune=...)``, the strengths that qualities stand for, and the search for a target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.coefficients import Coefficients, Component
from numjpeg.metrics import psnr
from numjpeg.rate_distortion import adaptive, search
from numjpeg.rate_distortion.optimise import Progress, optimise
from numjpeg.rate_distortion.picture import BandedPicture
from numjpeg.rate_distortion.tables import perceptual_aim, psnr_aim
from numjpeg.synthesis import picture_of

AIMS = {"psnr": psnr_aim, "perceptual": perceptual_aim}

_QUALITIES = (1, 2, 3, 5, 10, 20, 30, 50, 75, 85, 90, 95, 97, 98, 99)
_STRENGTHS = {
    "psnr": (330, 300, 265, 150, 84, 50, 38, 28.6, 19.6, 14.3, 10.8, 6.6, 4.75, 3.9, 3.1),
    "perceptual": (240, 200, 160, 90, 37, 15.9, 9.9, 5.9, 3.3, 2.2, 1.58, 0.94, 0.67, 0.53, 0.4),
}
"""At these strengths photographs have about the PSNR, or the SSIMULACRA2 score, that libjpeg gives them at these
qualities (means over Kodak images)."""


def strength_of(tune: str, quality: int) -> float:
    """The strength that a quality of 1 .. 100 stands for; the finest at 100.

    >>> strength_of("psnr", 50) > strength_of("psnr", 51)
    True
    """
    if quality == 100:
        return search.FINEST
    return float(np.exp(np.interp(quality, _QUALITIES, np.log(_STRENGTHS[tune]))))


def encode_tuned(
    samples: NDArray[np.uint8],
    components: Sequence[Component],
    write: Callable[[Coefficients], bytes],
    *,
    tune: str,
    quality: int,
    importance: ArrayLike | str | None,
    target_bytes: int | None,
    target_psnr: float | None,
    fancy_upsampling: bool,
    progressive: bool,
    progress: Progress | None = None,
) -> bytes:
    """Optimise a picture's coefficients and ``write`` them; ``progressive``: whether that makes progressive files.

    ``samples``: uint8 ``(H, W, 3)`` RGB or ``(H, W, 1)`` gray. ``components``: as in :class:`BandedPicture`; their
    tables are numbered here. The other arguments are those of :func:`numjpeg.encode`; in a search, ``progress``
    begins again at 0 for each trial.
    """
    ratio = (components[0].H, components[0].V) if len(components) > 1 else (1, 1)
    aim = AIMS[tune](*ratio, fancy_upsampling)
    weights = None
    if isinstance(importance, str):
        aim = replace(aim, masking=aim.masking or adaptive.MASKING)
    elif importance is not None:
        weights = adaptive.block_importance(importance, *samples.shape[:2])
    if weights is not None:
        aim = adaptive.finer_for(aim, weights)
    numbered = tuple(replace(c, Tq=min(i, 1), Td=min(i, 1), Ta=min(i, 1)) for i, c in enumerate(components))
    picture = BandedPicture(samples, numbered, fancy_upsampling, weights)

    def quantized(strength: float) -> Coefficients:
        return optimise(picture, strength, aim, progressive=progressive, progress=progress)

    def measured(strength: float) -> tuple[float, Coefficients]:
        coefficients = quantized(strength)
        return psnr(samples, picture_of(coefficients, fancy_upsampling)), coefficients

    def full_chroma() -> float:
        full = BandedPicture(samples, [replace(c, H=1, V=1) for c in numbered], fancy_upsampling)
        best = optimise(full, search.FINEST, AIMS[tune](1, 1, fancy_upsampling))
        return psnr(samples, picture_of(best))

    guess = strength_of(tune, quality)
    if target_bytes is not None:
        return search.for_bytes(lambda strength: write(quantized(strength)), target_bytes, guess)
    if target_psnr is not None:
        return write(search.for_psnr(measured, target_psnr, guess, None if ratio == (1, 1) else full_chroma))
    return write(quantized(guess))
