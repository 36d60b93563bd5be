"""Coefficients to samples, and samples to a picture: by fast forms where there are any (T.81 A.3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.colorspaces import from_components
from numjpeg.scans import fast_forms_enabled
from numjpeg.stages.blocks import join_blocks
from numjpeg.stages.dct import idct
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.quantization import dequantize
from numjpeg.stages.scaled_idct import idct_scaled
from numjpeg.stages.subsampling import upsample
from numjpeg.stages.zigzag import inverse_zigzag, zigzag
from numjpeg.workspace import Workspace

BAND_BLOCKS = 1 << 13  # blocks of a given plane that are decoded at a time
# Pixels that are upsampled and converted at a time. A band takes about 70 calls, 0.2 ms, however small it is.
ASSEMBLY_PIXELS = 1 << 17


def synthesise(
    sequences: NDArray[np.int16],
    table: NDArray[np.uint16],
    out: NDArray[Any],
    workspace: Workspace,
    dct_method: str = "islow",
    precision: int = 8,
    side: int = 8,
) -> None:
    """Turn a band of one component's zig-zag sequences, int16 ``(rows, columns, 64)``, into samples.

    A block becomes ``side`` x ``side`` samples: 8, or for 8-bit samples also 4, 2 or 1. With 1, the sequences may
    be ``(rows, columns, 1)``. The samples go to ``out``, uint8, or uint16 for 12 bits, ``(rows * side, columns *
    side)``, each row contiguous. ``dct_method`` and ``precision`` are as in :func:`idct`.
    """
    if fast_forms_enabled() and (side < 8 or (dct_method == "islow" and precision == 8)):
        from numjpeg.fast.samples import inverse_dct, scaled_idct  # noqa: PLC0415 (what is in fast/ may be missing)

        if side < 8:
            scaled_idct.samples(sequences, table, side, out)
        else:
            inverse_dct.samples(sequences, table, out, workspace)
        return
    sequences = np.pad(sequences, ((0, 0), (0, 0), (0, 64 - sequences.shape[-1])))
    coefficients = dequantize(inverse_zigzag(sequences), table)
    if side < 8:
        out[...] = inverse_level_shift(idct_scaled(coefficients, side)).swapaxes(-3, -2).reshape(out.shape)
    else:
        out[...] = join_blocks(inverse_level_shift(idct(coefficients, dct_method, precision), precision))


def assemble(
    planes: Sequence[NDArray[Any]],
    components: Sequence[Component],
    source: str,
    target: str,
    out: NDArray[Any],
    fancy_upsampling: bool = True,
    precision: int = 8,
) -> None:
    """Upsample components and convert their colours, band by band.

    The planes are uint8 or uint16, ``ceil(W * H_c / H_max)`` columns and likewise rows. The picture goes to
    ``out``, ``(H, W)`` or ``(H, W, channels)``, same dtype, any strides. ``source`` and ``target`` are as in
    :func:`from_components`, ``fancy_upsampling`` as in :func:`upsample`, ``precision`` is bits a sample.
    """
    height, width = out.shape[:2]
    h_max, v_max = (max(getattr(c, axis) for c in components) for axis in "HV")
    used = 1 if target == "GRAY" and source in ("GRAY", "YCbCr") else len(planes)
    by_ratio: dict[tuple[int, int], list[int]] = {}
    for i, c in enumerate(components[:used]):
        by_ratio.setdefault((h_max // c.H, v_max // c.V), []).append(i)
    step = max(1, ASSEMBLY_PIXELS // (v_max * width)) * v_max
    for top in range(0, height, step):
        bottom = min(height, top + step)
        samples = np.empty((used, bottom - top, width), out.dtype)
        for (h, v), group in by_ratio.items():
            # The triangle filter looks at one more row on either side, where there is one.
            first, last = max(0, top // v - 1), ceil_div(bottom, v) + 1
            parts = [planes[i][first:last] for i in group]
            rows = upsample(np.stack(parts), h, v, fancy_upsampling) if (h, v) != (1, 1) else parts
            for i, enlarged in zip(group, rows, strict=True):
                samples[i] = enlarged[top - first * v : bottom - first * v, :width]
        picture = from_components(np.moveaxis(samples, 0, -1), source, target, precision)
        if picture.ndim == 2:
            out[top:bottom] = picture
        else:
            for channel in range(picture.shape[2]):  # plane by plane, as they lie in memory
                out[top:bottom, :, channel] = picture[:, :, channel]


def samples_of(plane: NDArray[np.int16], table: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The 8-bit samples ``(8 * rows, 8 * columns)`` of a plane of coefficients ``(rows, columns, 8, 8)``."""
    samples = np.empty((8 * plane.shape[0], 8 * plane.shape[1]), np.uint8)
    workspace = Workspace()
    step = max(1, BAND_BLOCKS // plane.shape[1])
    for top in range(0, len(plane), step):
        synthesise(zigzag(plane[top : top + step]), table, samples[8 * top : 8 * (top + step)], workspace)
    return samples


def picture_of(
    coefficients: Coefficients, fancy_upsampling: bool = True, stored: str = "YCbCr", target: str = "RGB"
) -> NDArray[np.uint8]:
    """The picture ``(H, W, channels)`` that a decoder makes of coefficients, for 8 bits a sample.

    ``stored`` and ``target`` are the colour spaces of the file and of the picture, if it has several components.
    """
    components = coefficients.components
    h_max, v_max = (max(getattr(c, axis) for c in components) for axis in "HV")
    height, width = coefficients.height, coefficients.width
    planes = []
    for i, c in enumerate(components):
        samples = samples_of(coefficients.planes[i], coefficients.quantization_table(i))
        planes.append(samples[: ceil_div(height * c.V, v_max), : ceil_div(width * c.H, h_max)])
    if len(components) == 1:
        return planes[0][..., np.newaxis]
    out = np.empty((height, width, len(components)), np.uint8)
    assemble(planes, components, stored, target, out, fancy_upsampling)
    return out
