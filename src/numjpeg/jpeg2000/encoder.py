"""The encoder: a picture to a JPEG 2000 file.

level shift -> component transform -> wavelet -> quantization -> code-blocks -> cuts -> packets -> markers -> boxes
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from numpy.typing import NDArray

from numjpeg.jpeg2000 import region_of_interest as roi
from numjpeg.jpeg2000.container import boxes, codestream
from numjpeg.jpeg2000.plan import Target, checked_image, make_plan, make_target, whole_number
from numjpeg.jpeg2000.rate_search import search_cuts, search_steps

ALMOST_ALL = 0.98  # a lossy file with less than this part of the bytes allowed: the lossless file may fit, too


def encode(
    image: NDArray[Any],
    *,
    lossless: bool | None = None,
    bits_per_pixel: float | None = None,
    target_psnr: float | None = None,
    target_bytes: int | None = None,
    reversible: bool | None = None,
    layers: int = 1,
    progression: str = "LRCP",
    tile_size: tuple[int, int] | None = None,
    levels: int = 5,
    code_block_size: tuple[int, int] = (64, 64),
    importance: NDArray[Any] | None = None,
    high_throughput: bool = False,
    precision: int | None = None,
    component_transform: bool | None = None,
    tile_lengths: bool = False,
    container: str = "jp2",
    icc_profile: bytes | None = None,
    comment: str | None = None,
    workers: int = 1,
) -> bytes:
    """Encode a picture to a JPEG 2000 file (T.800): lossless, or with at most one of the targets.

    Parameters
    ----------
    image : integers of 8 or 16 bits, with sign or without, ``(H, W)`` or ``(H, W, channels)``, 1 to 4 channels:
        gray, gray and opacity, RGB, RGB and opacity.
    lossless : True for a lossless file, which is the default without a target; False requires a target.
    bits_per_pixel : the whole file has at most so many bits for each of its H * W pixels. The file is lossless if
        a lossless one fits.
    target_psnr : dB, over all channels, that the decoded picture reaches. Most often it exceeds them by less than
        0.1 dB. The file is lossless if no lossy one reaches them.
    target_bytes : the whole file has at most so many bytes, and is lossless if a lossless one fits.
    reversible : 5/3 wavelet on integers (True) or 9/7 (False). None takes 5/3 for a lossless file, 9/7 otherwise.
    layers : number of quality layers. Each but the last has half the bytes of the next.
    progression : "LRCP", "RLCP", "RPCL", "PCRL" or "CPRL".
    tile_size : (height, width); None for one tile.
    levels : how often the wavelet splits the picture, 0 to 32.
    code_block_size : (height, width), powers of two from 4 to 1024 whose product is at most 4096.
    importance : bool or float ``(H, W)``: a region of interest where it is above 0.5. Its coefficients are shifted
        above all others (max-shift, Annex H), and its squared errors count sixteenfold.
    high_throughput : code the code-blocks by the coder of Part 15 (T.814): several times as fast, files 5 to 10 %
        larger. Such code-blocks cannot be cut: the quantization steps alone meet the target, in a single layer.
    precision : bits of a sample, 1 to 16, that the file states; None for all bits of the data type.
    component_transform : store RGB as luma and chroma (Annex G); every decoder turns them back. None does so for
        three channels or more.
    tile_lengths : put the lengths of all tiles into the main header (TLM, A.7.1), so that a reader finds any tile
        directly.
    container : "jp2" for a JP2 file, "j2k" for a bare codestream.
    icc_profile : colour profile of a JP2 file.
    comment : a text in the codestream, at most 65,531 bytes: Latin-1, or UTF-8 if that lacks a character.
    workers : how many processes encode code-blocks; the file is the same for any number.

    Raises
    ------
    ValueError, TypeError if an argument is wrong, or the target cannot be reached.
    """
    samples = checked_image(image)
    make = functools.partial(
        make_plan,
        samples,
        layers=whole_number(layers, "layers", 1, 65535),
        progression=progression,
        tile_size=tile_size,
        levels=whole_number(levels, "levels", 0, 32),
        code_block_size=code_block_size,
        high_throughput=bool(high_throughput),
        precision=precision,
        transforms=component_transform,
        tile_lengths=bool(tile_lengths),
        workers=whole_number(workers, "workers", 1, 1024),
    )
    plan = make(make_target(samples, lossless, bits_per_pixel, target_psnr, target_bytes), reversible=reversible)
    if high_throughput and importance is not None:
        raise ValueError("importance: high-throughput code-blocks have no region of interest")
    if container not in ("jp2", "j2k"):
        raise ValueError(f"container: 'jp2' or 'j2k' expected, got {container!r}")
    mask = None if importance is None else roi.region_mask(importance, samples.shape[:2])
    text = None if comment is None else codestream.write_comment(comment)
    front, channels = b"", samples.shape[2]
    if container == "jp2":
        colorspace = boxes.GRAY if channels < 3 else boxes.SRGB
        opacity = channels - 1 if channels in (2, 4) else None
        brand = b"jph " if high_throughput else b"jp2 "
        front = boxes.write_header(plan.size, colorspace, icc_profile, opacity, brand)
    elif icc_profile is not None:
        raise ValueError("icc_profile: a bare codestream has no place for it")
    overhead = len(front) + (len(boxes.codestream_box(0)) if front else 0)
    search = search_steps if high_throughput else search_cuts
    body = search(samples, plan, mask, text, overhead)
    size = plan.target.size
    if reversible is None and (body is None or (size is not None and overhead + len(body) < ALMOST_ALL * size)):
        with contextlib.suppress(roi.TooManyPlanesError):
            lossless_body = search(samples, make(Target(None, None), reversible=True), mask, text, overhead)
            if lossless_body is not None and (size is None or overhead + len(lossless_body) <= size):
                body = lossless_body
    if body is None:
        name = "bits_per_pixel, target_bytes" if plan.target.psnr is None else "target_psnr"
        raise ValueError(f"{name}: no quantization step reaches it")
    return front + (boxes.codestream_box(len(body)) if front else b"") + body
