"""Scans with arithmetic coding (T.81 F.1.4, G.1.3): coefficients -> decisions.

The inverse of :mod:`numjpeg.entropy.arithmetic_reader`, with the same statistics areas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from numjpeg.container.frame import Scan
from numjpeg.entropy import arithmetic_reader
from numjpeg.entropy.arithmetic_coder import FIXED, Encode, qm_encoder
from numjpeg.entropy.sequential_writer import restart_marker
from numjpeg.entropy.shared import Band
from numjpeg.stages.mcu_order import block_component, interleave


def encode_difference(encode: Encode, context: int, chain: int, bounds: tuple[int, int], difference: int) -> int:
    """The inverse of :func:`numjpeg.entropy.arithmetic_reader.decode_difference`; returns the class."""
    if not difference:
        encode(context, 0)
        return 0
    sign, value = int(difference < 0), abs(difference)
    encode(context, 1)
    encode(context + 1, sign)
    _encode_magnitude(encode, context + 2 + sign, chain, chain + 1, value - 1)
    return 0 if value <= bounds[0] else (3 if value > bounds[1] else 1) + sign


def _encode_magnitude(encode: Encode, first: int, second: int, others: int, value: int) -> None:
    """Encode a magnitude less 1, by its category and the bits below the highest one (Figures F.8 and F.9).
    ``first``, ``second`` and ``others`` are the contexts of whether it is above 0, above 1, and above 3; those of
    the larger categories follow.
    """
    context, magnitude = first, 0
    if value:
        encode(first, 1)
        context, magnitude = second, 1
    if value > 1:
        encode(second, 1)
        context, magnitude = others, 2
        while value >= 2 * magnitude:
            encode(context, 1)
            context += 1
            magnitude <<= 1
    encode(context, 0)
    bit = magnitude >> 1
    while bit:
        encode(context + arithmetic_reader.MAGNITUDE_BITS, int(value & bit > 0))
        bit >>= 1


def encode_ac(encode: Encode, area: int, Kx: int, Ss: int, Se: int, block: list[int]) -> None:
    """Encode the AC coefficients Ss to Se of a block (Figure F.5), or of the first scan of a band (G.1.3.2)."""
    last = Se
    while last and not block[last]:
        last -= 1
    k, context = Ss, area + 3 * (Ss - 1)
    while k <= last:
        encode(context, 0)  # not the end of the block
        while not block[k]:
            encode(context + 1, 0)
            context += 3
            k += 1
        value = block[k]
        encode(context + 1, 1)
        encode(FIXED, int(value < 0))
        _encode_magnitude(
            encode, context + 2, context + 2, area + arithmetic_reader.AC_MAGNITUDES[k > Kx], abs(value) - 1
        )
        context += 3
        k += 1
    if k <= Se:
        encode(context, 1)


def refine_ac(encode: Encode, area: int, scan: Scan, block: list[int]) -> None:
    """Encode one more bit of the AC coefficients of a block (Figure G.10). ``block`` has the coefficients as they
    are known after this scan, divided by 2^Al.
    """
    Se = scan.Se
    last = Se
    while last and not block[last]:
        last -= 1
    end = last  # EOBx, the last coefficient that is nonzero before this scan
    while end and -2 < block[end] < 2:
        end -= 1
    k, context = scan.Ss, area + 3 * (scan.Ss - 1)
    while k <= last:
        if k > end:
            encode(context, 0)
        while not block[k]:
            encode(context + 1, 0)
            context += 3
            k += 1
        value = block[k]
        if -2 < value < 2:
            encode(context + 1, 1)
            encode(FIXED, int(value < 0))
        else:
            encode(context + 2, abs(value) & 1)
        context += 3
        k += 1
    if k <= Se:
        encode(context, 1)


def write_scan(scan: Scan, bands: Iterable[Band]) -> Iterator[bytes]:
    """The entropy-coded data of a scan, one restart interval at a time. ``bands``: the scan's coefficients from
    top to bottom, with all their bits, filled up to whole MCUs.
    """
    components, areas, mcu = block_component(scan.factors).tolist(), arithmetic_reader.Areas(scan), 0
    encode, finish = qm_encoder(areas.contexts)
    predictors, classes = [0] * len(scan.components), [0] * len(scan.components)
    for band in bands:
        planes = interleave(band, scan.factors)
        # The point transform: a shift of DC coefficients (G.1.2.1), a division of AC coefficients (G.1.2.2).
        kept = np.sign(planes) * (np.abs(planes) >> scan.Al) if scan.Ss else planes >> scan.Al
        for blocks in kept.tolist():
            if scan.restart_interval and mcu and mcu % scan.restart_interval == 0:
                yield finish().replace(b"\xff", b"\xff\0") + restart_marker(mcu // scan.restart_interval - 1)
                encode, finish = qm_encoder(areas.contexts)
                predictors, classes = [0] * len(scan.components), [0] * len(scan.components)
            mcu += 1
            for c, block in zip(components, blocks, strict=True):
                if scan.Ss:
                    if scan.Ah:
                        refine_ac(encode, areas.ac[c], scan, block)
                    else:
                        encode_ac(encode, areas.ac[c], areas.Kx[c], scan.Ss, scan.Se, block)
                    continue
                if scan.Ah:
                    encode(FIXED, block[0] & 1)
                    continue
                context, chain = areas.dc[c] + 4 * classes[c], areas.dc[c] + arithmetic_reader.DC_MAGNITUDES
                difference, predictors[c] = block[0] - predictors[c], block[0]
                classes[c] = encode_difference(encode, context, chain, areas.bounds[c], difference)
                if scan.Se:
                    encode_ac(encode, areas.ac[c], areas.Kx[c], 1, 63, block)
    yield finish().replace(b"\xff", b"\xff\0")


def write_lossless(scan: Scan, differences: NDArray[np.int32]) -> Iterator[bytes]:
    """The entropy-coded data of a lossless scan, one restart interval, of whole rows of MCUs, at a time.
    ``differences``: -32767 .. 32768, in coding order.
    """
    rows, columns = scan.mcus
    height = scan.restart_interval // columns or rows
    in_rows = differences.reshape(rows, columns, scan.blocks_per_mcu)
    for number, top in enumerate(range(0, rows, height)):
        if number:
            yield restart_marker(number - 1)
        areas = arithmetic_reader.Areas(scan)
        encode, finish = qm_encoder(areas.contexts)
        above = [[0] * (columns * h) for _, h in scan.factors]
        for row in in_rows[top : top + height].tolist():
            samples = []  # of an MCU: the classes of the line above, of the own line, and to the left; and more
            for c, (v, h) in enumerate(scan.factors):
                left = [0] * v
                for y in range(v):
                    line = [0] * (columns * h)
                    samples += [(above[c], line, left, y, x, h, areas.dc[c], areas.bounds[c]) for x in range(h)]
                    above[c] = line
            for column, mcu in enumerate(row):
                for (over, line, left, y, x, h, area, bounds), difference in zip(samples, mcu, strict=True):
                    place = column * h + x
                    context = area + 4 * (5 * left[y] + over[place])
                    chain = area + arithmetic_reader.LOSSLESS_MAGNITUDES[over[place] > 2]
                    left[y] = line[place] = encode_difference(encode, context, chain, bounds, difference)
        yield finish().replace(b"\xff", b"\xff\0")
