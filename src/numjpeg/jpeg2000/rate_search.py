"""The search for a file that meets a target: which quantization steps, and where code-blocks are cut."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.jpeg2000 import region_of_interest as roi
from numjpeg.jpeg2000 import wavelet
from numjpeg.jpeg2000.analysis import code_picture
from numjpeg.jpeg2000.decoder import decode
from numjpeg.jpeg2000.plan import Plan
from numjpeg.jpeg2000.writer import PSNR_TOLERANCE, Writer
from numjpeg.metrics import psnr

FINEST_STEP = 1 / 16  # the finest quantization step that a search tries, in units of a sample
SIZE_TOLERANCE = 0.01  # search_steps ends when a file has at least 99 % of the bytes allowed,
STEP_ATTEMPTS = 16  # after so many files,
NARROWEST = 1e-3  # or when log2 of a step that meets the target and of one that does not differ by less


def search_cuts(
    samples: NDArray[Any], plan: Plan, mask: NDArray[np.bool_] | None, comment: bytes | None, overhead: int
) -> bytes | None:
    """Choose the quantization steps and where code-blocks are cut; None if no file reaches the PSNR.

    The search begins with coarse steps, so that no time goes into bit-planes that are cut off in the end.
    ``overhead`` counts the bytes of the file outside the codestream.
    """
    size, quality = plan.target
    base, final = 1.0 if plan.reversible else _first_step(samples, plan), plan.reversible
    if mask is not None and not plan.reversible:
        base /= math.sqrt(roi.WEIGHT)  # errors in the region weigh more, so it is coded with finer steps
    while True:
        try:
            picture = code_picture(samples, plan, mask, base)
        except roi.TooManyPlanesError:
            if plan.reversible:
                raise
            base, final = 2 * base, True
            continue
        final = final or base <= FINEST_STEP
        writer = Writer(plan, picture, comment)
        if size is not None:
            data = writer.to_size(size - overhead, final)
        elif quality is not None:
            data = writer.to_psnr(samples, quality, final)
        else:
            data = writer.everything()
        if data is not None or final:
            return data
        base /= 2 if writer.all_passes.any() else 16


def search_steps(
    samples: NDArray[Any], plan: Plan, mask: NDArray[np.bool_] | None, comment: bytes | None, overhead: int
) -> bytes | None:
    """Reach a target by the steps alone, for code-blocks that cannot be cut; None if no step reaches it.

    The search finds one step that meets the target and one that does not, then narrows the interval between them.
    """

    def write_file(base: float) -> bytes:
        return Writer(plan, code_picture(samples, plan, mask, base), comment).everything()

    size, quality = plan.target
    if plan.target.lossless:
        return write_file(1.0)
    tolerance = SIZE_TOLERANCE if quality is None else PSNR_TOLERANCE
    log_step, best = math.log2(_first_step(samples, plan)), None
    lowest, highest = math.log2(FINEST_STEP), float(plan.depth)
    latest: dict[bool, tuple[float, float]] = {}  # by whether the target was met: last log_step, excess
    for number in range(STEP_ATTEMPTS):
        data = write_file(2.0**log_step)
        # The excess is by how much the target is exceeded; the slope says how far to move for it.
        if size is None:
            assert quality is not None
            decoded = decode(data).reshape(samples.shape)
            excess = psnr(samples, decoded, data_range=(1 << plan.depth) - 1) - quality
            slope = 1 / 6.02
        else:
            excess = (size - overhead) / len(data) - 1
            # Halving the step costs one bit a sample; a file of less than one bit a sample at most doubles.
            slope = -max(1.0, len(data) * 8 / samples.size)
        if excess >= 0 and (best is None or (len(data) < len(best)) == (quality is not None)):
            best = data
        if 0 <= excess < tolerance:
            break
        latest[excess >= 0] = log_step, excess
        if len(latest) < 2:
            # Headers do not shrink with the step, so the slope is too small: move twice as far each time.
            moved = log_step + float(np.clip(slope * (excess - tolerance / 2) * 2**number, -2, 2))
            moved = min(max(moved, lowest), highest)
            if moved == log_step:
                break
            log_step = moved
            continue
        (good, surplus), (bad, deficit) = latest[True], latest[False]
        if abs(good - bad) < NARROWEST:
            break
        share = 0.5  # bisection every third time, and where the PSNR is infinite; otherwise interpolation
        if number % 3 != 2 and math.isfinite(surplus):
            share = min(max((surplus - tolerance / 2) / (surplus - deficit), 0.05), 0.95)
        log_step = good + share * (bad - good)
    return best


def _first_step(samples: NDArray[Any], plan: Plan) -> float:
    """The step to begin with: that of the target's error, or a rough estimate from the bits per pixel."""
    size, quality = plan.target
    if quality is not None:
        step = ((1 << plan.depth) - 1) * 10 ** (-quality / 20)
        return max(FINEST_STEP, 2.0 ** math.floor(math.log2(step)))
    assert size is not None
    bits_per_pixel = size * 8 / (samples.shape[0] * samples.shape[1])
    if bits_per_pixel >= 4:
        return 0.25
    gray = samples[..., 0].astype(np.float32)
    high_pass = wavelet.forward(gray, 0, 0, False)[1:] if min(gray.shape) > 1 else (gray,)
    mean_magnitude = float(np.mean([np.mean(np.abs(band)) for band in high_pass])) + 1e-3
    # A Laplacian of mean magnitude m costs about log2(m / step) + 2.4 bits, where that is well above 0.
    step = mean_magnitude * 2.0 ** (2.4 - max(0.2, bits_per_pixel))
    return 2.0 ** math.floor(math.log2(max(1.0, step)))
