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
NARROWEST = 1e-3  # between two steps of which one meets the target, in octaves
FINEST_STEP = 1 / 16  # of the steps that a search for a size goes down to, in samples


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
            return writer.everything()
        final = plan.reversible or base <= FINEST_STEP
        if plan.target.psnr is not None:
            found = writer.to_psnr(samples, plan.target.psnr)
        else:
            found = writer.to_size(int(plan.target.size or 0) - room, final)
        if found is not None or final:
            return writer.everything() if found is None else found
        base /= 2 if writer.all_passes.any() else 16


def search_steps(
    samples: NDArray[Any], plan: Plan, mask: NDArray[np.bool_] | None, comment: bytes | None, room: int
) -> bytes:
    """Reach a target by the steps alone, where code-blocks cannot be cut: their logarithm is enclosed."""

    def attempt(base: float) -> bytes:
        return Writer(plan, code_picture(samples, plan, mask, base), comment).everything()

    if plan.target.lossless:
        return attempt(1.0)
    quality = plan.target.psnr
    tolerance = SIZE_TOLERANCE if quality is None else PSNR_TOLERANCE
    at, best = math.log2(_first_step(samples, plan)), None
    low, high = math.log2(FINEST_STEP), math.log2(COARSEST_STEP * (1 << plan.depth))
    known: dict[bool, tuple[float, float]] = {}  # by whether it meets the target: the last step, and by how much
    for number in range(STEP_ATTEMPTS):
        data = attempt(2.0**at)
        if quality is not None:
            decoded = decode(data).reshape(samples.shape)
            beyond = psnr(samples, decoded, data_range=(1 << plan.depth) - 1) - quality
            slope = 1 / 6.02
        else:
            beyond = (int(plan.target.size or 0) - room) / len(data) - 1
            # Half a step costs a bit for each sample, or doubles a file of fewer bits than samples.
            slope = -max(1.0, len(data) * 8 / samples.size)
        if beyond >= 0 and (best is None or (len(data) < len(best)) == (quality is not None)):
            best = data
        if 0 <= beyond < tolerance:
            break
        known[beyond >= 0] = at, beyond
        if len(known) < 2:
            # Headers that do not shrink with the step make the slope too small: go farther each time.
            moved = at + float(np.clip(slope * (beyond - tolerance / 2) * 2**number, -2, 2))
            moved = min(max(moved, low), high)
            if moved == at:
                break
            at = moved
            continue
        (good, more), (bad, less) = known[True], known[False]
        if abs(good - bad) < NARROWEST:
            break
        share = 0.5 if number % 3 == 2 else np.clip((more - tolerance / 2) / (more - less), 0.05, 0.95)
        at = good + float(share) * (bad - good)
    if best is None:
        name = "bits_per_pixel, target_bytes" if quality is None else "target_psnr"
        raise ValueError(f"{name}: no step reaches it")
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
