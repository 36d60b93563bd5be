"""Quantization tables as traces of the encoder: its quality, and its family.

H. Farid, Digital Image Ballistics from JPEG Quantization, Dartmouth TR2006-583, 2006; J. Kornblum, Using JPEG
Quantization Tables to Identify Imagery Processed by Software, Digital Investigation 5, 2008.

libjpeg multiplies the tables K.1 and K.2 of T.81 by a percentage that depends on a quality of 1 .. 100.
:func:`estimate_quality` compares a table with all two hundred results at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numjpeg.arguments import quantization_table
from numjpeg.stages.quantization import CHROMINANCE, LUMINANCE

BASES = {"K.1": LUMINANCE, "K.2": CHROMINANCE}  # the tables of T.81 that are scaled
MAX_ENTRY = {False: 255, True: 32767}  # where libjpeg clamps: in baseline files, and with 16-bit tables


class QualityEstimate(NamedTuple):
    """The scaled table of Annex K that comes nearest to a given one."""

    quality: int  # 1 .. 100, libjpeg's scale
    exact: bool  # whether the tables are equal
    base: str  # "K.1" (luminance) or "K.2" (chrominance)
    distance: int  # sum of the absolute differences of the 64 entries


def estimate_quality(table: ArrayLike, base: str | None = None) -> QualityEstimate:
    """Find the quality at which libjpeg makes this table, or the one that is nearest to it.

    Parameters
    ----------
    table : 64 integers, 1 .. 65535, or 0 as in some broken files, natural order; otherwise a ValueError.
    base : "K.1" or "K.2" to compare with this table only; None for both; otherwise a ValueError. "K.1" is reported
        if both are equally near, as for tables of ones (quality 100) and of 255s (quality 1).

    Returns
    -------
    The estimate. Of several qualities that are equally near it is the lowest: K.2 is all 255 at 1, 2 and 3. If an
    entry is above 255, candidates are clamped to 32767, as in libjpeg's files that are not baseline, else to 255.

    >>> from numjpeg.stages.quantization import quantization_tables
    >>> estimate_quality(quantization_tables(83).chrominance)
    QualityEstimate(quality=83, exact=True, base='K.2', distance=0)
    """
    entries = quantization_table("table", table, least=0)
    if base is not None and base not in BASES:
        raise ValueError(f"base: {base!r} is none of {tuple(BASES)}")
    names = tuple(BASES) if base is None else (base,)
    bases = np.stack([BASES[name].ravel() for name in names]).astype(np.int64)[:, np.newaxis]
    qualities = np.arange(1, 101)
    percents = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)[:, np.newaxis]
    candidates = np.clip((bases * percents + 50) // 100, 1, MAX_ENTRY[bool(entries.max() > MAX_ENTRY[False])])
    distances = np.abs(candidates - entries.ravel().astype(np.int64)).sum(-1)
    which, quality = np.unravel_index(int(np.argmin(distances)), distances.shape)
    distance = int(distances[which, quality])
    return QualityEstimate(int(qualities[quality]), distance == 0, names[which], distance)


class EncoderFamily(NamedTuple):
    """A kind of encoders that make such tables."""

    name: str  # one of FAMILIES
    qualities: tuple[int, ...]  # for each table libjpeg's quality, the nearest if none is exact
    distance: int  # sum of the absolute differences to the tables of these qualities


FAMILIES = {
    "annex-k": "the tables of Annex K at one quality: libjpeg and what is built on it",
    "annex-k, several qualities": "the tables of Annex K at a quality each, as cjpeg -quality 90,70 makes them",
    "flat": "tables whose entries are all equal",
    "one table": "one table of its own for luminance and chrominance, as mozjpeg makes it",
    "table for each": "a table of its own for each of three components",
    "own tables": "tables of its own: cameras, Photoshop, jpegli",
}
"""Families by name, and what they mean."""


def encoder_family(tables: Sequence[ArrayLike] | NDArray[np.integer]) -> EncoderFamily:
    """Tell the family of the encoder from the tables of a file.

    ``tables`` holds the table of each component, 64 integers in natural order, luminance first. ValueError as in
    :func:`estimate_quality`, and if there is no table.

    >>> from numjpeg.stages.quantization import quantization_tables
    >>> luminance, chrominance = quantization_tables(83)
    >>> encoder_family([luminance, chrominance, chrominance])
    EncoderFamily(name='annex-k', qualities=(83, 83, 83), distance=0)
    """
    if not isinstance(tables, Sequence | np.ndarray) or getattr(tables, "ndim", 1) < 1 or not len(tables):
        raise ValueError("tables: a sequence of at least one expected")
    estimates = [estimate_quality(table, "K.2" if i else "K.1") for i, table in enumerate(tables)]
    entries = [np.asarray(table).ravel() for table in tables]
    distinct = len({table.tobytes() for table in np.stack(entries).astype(np.int64)})
    # K.2 is the same at qualities 1, 2 and 3; an estimate is the lowest of them.
    least = 3 if estimates[0].quality <= 3 else 1
    qualities = {max(estimate.quality, least) for estimate in estimates}
    exact = all(estimate.exact for estimate in estimates)
    signs = {
        "annex-k": exact and len(qualities) == 1,
        "flat": all((table == table[0]).all() for table in entries),
        "annex-k, several qualities": exact,
        "one table": distinct == 1 and len(tables) > 1,
        "table for each": distinct == 3,
        "own tables": True,
    }
    name = next(name for name, holds in signs.items() if holds)
    return EncoderFamily(name, tuple(e.quality for e in estimates), sum(e.distance for e in estimates))
