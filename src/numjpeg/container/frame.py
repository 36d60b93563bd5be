"""Frame and scan headers (T.81 B.2.2, B.2.3), and the geometry that follows from them (A.1.1, A.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from numjpeg.coefficients import Coefficients, Component, ceil_div
from numjpeg.container.markers import SOF0, SOF1, SOF2, SOF3, SOF9, SOF10, SOF11
from numjpeg.stages.huffman import HuffmanTable

MAX_BLOCKS_PER_MCU = 10  # B.2.3: the most that the sum of H * V over the components of an interleaved scan may be
MAX_RESTART_INTERVAL = 65535  # in MCUs: the most that DRI can state (B.2.4.4)
# Conditioning of statistics areas for which there is no DAC: U = 1 and L = 0; Kx = 5 (B.2.4.3).
DC_CONDITIONING, AC_CONDITIONING = 1 << 4 | 0, 5
TableKey = tuple[int, int]  # (class, number) of a Huffman table or a statistics area: class 0 for DC, 1 for AC


class Frame(NamedTuple):
    """A frame header (B.2.2)."""

    marker: int  # SOFn
    precision: int  # bits a sample
    height: int
    width: int
    components: tuple[Component, ...]
    header_height: int | None = None  # if DNL has changed it (B.2.5), the first height; 0 if it was impossible

    @property
    def progressive(self) -> bool:
        """Whether coefficients come in several scans, by frequency and by bit (Annex G)."""
        return self.marker in (SOF2, SOF10)

    @property
    def arithmetic(self) -> bool:
        """Whether entropy coding is arithmetic (Annex D), not Huffman."""
        return self.marker in (SOF9, SOF10, SOF11)

    @property
    def lossless(self) -> bool:
        """Whether samples are predicted and coded themselves (Annex H), so that there are no DCT coefficients."""
        return self.marker in (SOF3, SOF11)

    @property
    def unit(self) -> int:
        """Samples on a side of a data unit (3.1.37): a block of 8 x 8, or a single sample if lossless."""
        return 1 if self.lossless else 8

    @property
    def least_bits(self) -> int:
        """The least bits of a data unit: two (DC and end of block) if sequential, else one; 0 if arithmetic."""
        if self.arithmetic:
            return 0
        return 1 if self.progressive or self.lossless else 2

    @property
    def sample_type(self) -> np.dtype[Any]:
        """The dtype of samples: uint8 up to 8 bits a sample, uint16 above."""
        return np.dtype(np.uint8 if self.precision <= 8 else np.uint16)

    @property
    def mid_level(self) -> int:
        """The sample that the level shift turns into 0 (A.3.1): 128 for 8 bits."""
        return 1 << self.precision - 1

    @property
    def H_max(self) -> int:
        """Largest horizontal sampling factor."""
        return max(c.H for c in self.components)

    @property
    def V_max(self) -> int:
        """Largest vertical sampling factor."""
        return max(c.V for c in self.components)

    def sample_size(self, component: Component) -> tuple[int, int]:
        """(rows, columns) of samples of a component (A.1.1)."""
        rows, columns = self.height * component.V, self.width * component.H
        return ceil_div(rows, self.V_max), ceil_div(columns, self.H_max)

    def block_size(self, component: Component) -> tuple[int, int]:
        """(rows, columns) of data units of a component: blocks, or in a lossless frame the samples themselves."""
        rows, columns = self.sample_size(component)
        return ceil_div(rows, self.unit), ceil_div(columns, self.unit)

    @property
    def usual_sampling(self) -> bool:
        """Whether the first component is not subsampled, and all others are by the same whole ratios."""
        first, *others = [(self.H_max / c.H, self.V_max / c.V) for c in self.components]
        return first == (1, 1) and all((h, v) == others[0] and h % 1 == v % 1 == 0 for h, v in others)

    @property
    def samples(self) -> int:
        """Number of samples of all components together."""
        return sum(rows * columns for rows, columns in map(self.sample_size, self.components))


def mcu_size(components: Sequence[Component]) -> tuple[int, int]:
    """(height, width) in pixels of an MCU of a scan of these components (A.2)."""
    if len(components) == 1:
        return 8, 8
    return 8 * max(c.V for c in components), 8 * max(c.H for c in components)


def frame_of(
    coefficients: Coefficients, *, progressive: bool = False, lossless: bool = False, arithmetic: bool = False
) -> Frame:
    """The frame header: SOF0 where the tables allow it, else SOF1; SOF2 or SOF3; SOF9, SOF10 or SOF11."""
    c = coefficients
    if progressive or lossless:
        marker = SOF2 if progressive else SOF3
    else:
        small = (c.quantization_tables[k.Tq].max() <= 255 and k.Td <= 1 and k.Ta <= 1 for k in c.components)
        marker = SOF0 if c.precision == 8 and all(small) else SOF1
    if arithmetic:
        marker = SOF10 if progressive else SOF11 if lossless else SOF9
    return Frame(marker, c.precision, c.height, c.width, c.components)


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan header (B.2.3) with the tables that are in force at it."""

    frame: Frame
    indices: tuple[int, ...]  # indices of its components in the frame
    components: tuple[Component, ...]  # its components, with Td and Ta from the scan header
    huffman_tables: dict[TableKey, HuffmanTable]
    restart_interval: int  # in MCUs; 0 for none
    offset: int = 0  # byte offset of SOS
    start: int = 0  # byte offset of the entropy-coded data
    end: int = 0  # byte offset after the entropy-coded data
    Ss: int = 0  # first coefficient of the scan, in zig-zag order; the predictor of a lossless scan (Table H.1)
    Se: int = 63  # last coefficient
    Ah: int = 0  # Al of the scan that this one refines; 0 for none (G.1.1.1.2)
    Al: int = 0  # point transform: how many low bits of the coefficients are left to later scans
    number: int = 0  # its number in the file, from 0
    goes_on: bool = False  # ``frame`` is cut below the rows that are needed, but the data go on
    conditioning: dict[TableKey, int] = field(default_factory=dict)  # DAC's values by statistics area (B.2.4.3)

    @property
    def interleaved(self) -> bool:
        """Whether an MCU holds blocks of several components (A.2.3); with one component it is a block (A.2.2)."""
        return len(self.components) > 1

    @property
    def mcus(self) -> tuple[int, int]:
        """(rows, columns) of MCUs of the scan."""
        frame = self.frame
        if not self.interleaved:
            return frame.block_size(self.components[0])
        return ceil_div(frame.height, frame.unit * frame.V_max), ceil_div(frame.width, frame.unit * frame.H_max)

    @cached_property
    def factors(self) -> tuple[tuple[int, int], ...]:
        """For each component the (rows, columns) of its data units in an MCU."""
        return tuple((c.V, c.H) for c in self.components) if self.interleaved else ((1, 1),)

    @property
    def table_keys(self) -> set[TableKey]:
        """The Huffman tables, or statistics areas, that the scan uses. A refinement of DC uses none."""
        uses_dc = not self.frame.progressive or (self.Ss == 0 and not self.Ah)
        uses_ac = self.Ss > 0 if self.frame.progressive else not self.frame.lossless
        return {(0, c.Td) for c in self.components if uses_dc} | {(1, c.Ta) for c in self.components if uses_ac}

    @property
    def statistics_areas(self) -> dict[TableKey, int]:
        """Conditioning by statistics area, in libjpeg's order: DC 16 U + L (F.1.4.4.1.4), AC Kx (F.1.4.4.2)."""
        default = (DC_CONDITIONING, AC_CONDITIONING)
        keys = sorted(self.table_keys, key=lambda key: key[::-1])
        return {key: self.conditioning.get(key, default[key[0]]) for key in keys}

    @cached_property
    def blocks_per_mcu(self) -> int:
        """Number of data units of all components in an MCU."""
        return sum(rows * columns for rows, columns in self.factors)
