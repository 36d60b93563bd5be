"""The search for the file that meets a target: quantization steps, and where code-blocks are cut."""

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

SIZE_TOLERANCE, STEP_ATTEMPTS, COARSEST_STEP = 0.01, 16, 1.0
FINEST_STEP = 1 / 16
"""Of the steps that a search for a size goes down to, in samples."""


def search_cuts(
    samples: NDArray[Any], plan: Plan, mask: NDArray[np.bool_] | None, comment: bytes | None, room: int
) -> bytes:
    """Choose the steps and where to cut. Coarse steps save time: bit-planes nobody takes are not coded."""
    base = 1.0 if plan.reversible else _first_step(samples, plan)
    if mask is not None and not plan.reversible:
        base /= math.sqrt(roi.WEIGHT)  # the region is coded that much finer
    while True:
        picture = code_picture(samples, plan, mask, base)
        writer = Writer(plan, picture, comment)
        if plan.target.lossless:
            return writer.lossless()
        final = plan.reversible or base <= FINEST_STEP
        if plan.target.psnr is not None:
            found = writer.to_psnr(samples, plan.target.psnr)
        else:
            found = writer.to_size(int(plan.target.size or 0) - room, final)
        if found is not None or final:
            return writer.everything() if found is None else found
        base /= 2


def search_steps(
    samples: NDArray[Any], plan: Plan, mask: NDArray[np.bool_] | None, comment: bytes | None, room: int
) -> bytes:
    """Reach a target by the steps alone, where code-blocks cannot be cut: bisection of their logarithm."""

    def attempt(base: float) -> bytes:
        return Writer(plan, code_picture(samples, plan, mask, base), comment).everything()

    if plan.target.lossless:
        return attempt(1.0)
    step, best = _first_step(samples, plan), None
    low, high = math.log2(FINEST_STEP), math.log2(COARSEST_STEP * (1 << plan.depth))
    at = math.log2(step)
    for _ in range(STEP_ATTEMPTS):
        data = attempt(2.0**at)
        if plan.target.psnr is not None:
            peak = (1 << plan.depth) - 1
            reached = psnr(samples, decode(data).reshape(samples.shape), data_range=peak)
            beyond = reached - plan.target.psnr
            done, good = 0 <= beyond < PSNR_TOLERANCE, beyond >= 0
            slope = 1 / 6.02
        else:
            beyond = (int(plan.target.size or 0) - room) / len(data) - 1
            done, good = 0 <= beyond < SIZE_TOLERANCE, beyond >= 0
            # Half a step costs a bit for each sample, or doubles a file of fewer bits than samples.
            slope = -max(1.0, len(data) * 8 / samples.size)
        better = good and (best is None or (len(data) < len(best)) == (plan.target.psnr is not None))
        best = data if better else best
        if done:
            break
        # More bytes need finer steps; less quality allows coarser ones.
        if (beyond > 0) == (slope > 0):
            low = max(low, at)
        else:
            high = min(high, at)
        wanted = (PSNR_TOLERANCE if plan.target.psnr is not None else SIZE_TOLERANCE) / 2
        guess = at + float(np.clip(slope * (beyond - wanted), -2, 2))
        at = guess if low < guess < high else (low + high) / 2
        if high - low < 1e-3:
            break
    if best is None:
        raise ValueError("target: no step reaches it")
    return best


def _first_step(samples: NDArray[Any], plan: Plan) -> float:
    """A step that should do: that of the error wanted, or by a rough guess at the bits that a step costs."""
    peak = (1 << plan.depth) - 1
    if plan.target.psnr is not None:
        return max(FINEST_STEP, 2.0 ** math.floor(math.log2(peak * 10 ** (-plan.target.psnr / 20))))
    pixels = samples.shape[0] * samples.shape[1]
    wanted = int(plan.target.size or 0) * 8 / pixels
    gray = samples[..., 0].astype(np.float32)
    high = wavelet.forward(gray, 0, 0, False)[1:] if min(gray.shape) > 1 else (gray,)
    spread = float(np.mean([np.mean(np.abs(band)) for band in high])) + 1e-3
    # A Laplacian of mean magnitude m costs about log2(m / step) + 2.4 bits where that is well above 0.
    step = spread * 2.0 ** (2.4 - max(0.2, wanted))
    return max(FINEST_STEP, 2.0 ** math.floor(math.log2(max(1.0, step)) if wanted < 4 else -2))
