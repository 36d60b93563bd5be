"""What the frame and scan headers say (T.81 B.2.2, B.2.3), and the geometry that follows (A.1.1, A.2)."""

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
MAX_RESTART_INTERVAL = 65535  # what DRI can say (B.2.4.4), in MCUs
# What DAC would say of a statistics area that it does not mention: U = 1 and L = 0; Kx = 5 (B.2.4.3).
DC_CONDITIONING, AC_CONDITIONING = 1 << 4 | 0, 5
TableKey = tuple[int, int]  # (class, number) of a Huffman table or a statistics area: class 0 for DC, 1 for AC


class Frame(NamedTuple):
    """A frame header (B.2.2)."""

    marker: int  # SOFn
    precision: int  # bits a sample
    height: int
    width: int
    components: tuple[Component, ...]
    header_height: int | None = None  # the height that the frame header states, if DNL has changed it (B.2.5)

    @property
    def progressive(self) -> bool:
        """Coefficients come in several scans, by frequency and by bit (Annex G)."""
        return self.marker in (SOF2, SOF10)

    @property
    def arithmetic(self) -> bool:
        """Entropy coding is arithmetic (Annex D), not Huffman."""
        return self.marker in (SOF9, SOF10, SOF11)

    @property
    def lossless(self) -> bool:
        """Samples are coded themselves, predicted from their neighbours (Annex H); there are no coefficients."""
        return self.marker in (SOF3, SOF11)

    @property
    def unit(self) -> int:
        """Samples on a side of a data unit (3.1.37): a block of 8 x 8, or a single sample if lossless."""
        return 1 if self.lossless else 8

    @property
    def least_bits(self) -> int:
        """Bits that a data unit takes at least: one, or for DC and the end of the block two; 0 if arithmetic."""
        if self.arithmetic:
            return 0
        return 1 if self.progressive or self.lossless else 2

    @property
    def sample_type(self) -> np.dtype[Any]:
        """The type that holds its samples: uint8 up to 8 bits, uint16 above."""
        return np.dtype(np.uint8 if self.precision <= 8 else np.uint16)

    @property
    def mid_level(self) -> int:
        """The level of a sample that becomes 0 (A.3.1): 128 for 8 bits."""
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
        """(rows, columns) of data units that hold these samples: blocks, or if lossless the samples themselves."""
        rows, columns = self.sample_size(component)
        return ceil_div(rows, self.unit), ceil_div(columns, self.unit)

    @property
    def usual_sampling(self) -> bool:
        """Whether the first component is not subsampled, and all others are alike, by whole numbers."""
        first, *others = [(self.H_max / c.H, self.V_max / c.V) for c in self.components]
        return first == (1, 1) and all(own == others[0] and own[0] % 1 == own[1] % 1 == 0 for own in others)

    @property
    def samples(self) -> int:
        """Samples of all components together."""
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
    indices: tuple[int, ...]  # places of its components among the frame's
    components: tuple[Component, ...]  # its components, Td and Ta as the scan header gives them
    huffman_tables: dict[TableKey, HuffmanTable]
    restart_interval: int  # in MCUs; 0 for none
    offset: int = 0  # byte offset of SOS
    start: int = 0  # byte offset of the entropy-coded data
    end: int = 0  # byte offset after the entropy-coded data
    # First and last coefficient, in zig-zag order: the spectral selection. Ss of a lossless scan is the predictor
    # (Table H.1).
    Ss: int = 0
    Se: int = 63
    Ah: int = 0  # point transform of the scan that this one refines; 0 for none (G.1.1.1.2)
    Al: int = 0  # point transform: how many low bits the coefficients of this scan lack
    number: int = 0  # its number in the file, from 0
    goes_on: bool = False  # its data are of a higher frame, and go on below the last row that is wanted
    conditioning: dict[TableKey, int] = field(default_factory=dict)  # what DAC says of statistics areas (B.2.4.3)

    @property
    def interleaved(self) -> bool:
        """Several components take turns in each MCU (A.2.3); a single one goes block by block (A.2.2)."""
        return len(self.components) > 1

    @property
    def mcus(self) -> tuple[int, int]:
        """(rows, columns) of MCUs."""
        frame = self.frame
        if not self.interleaved:
            return frame.block_size(self.components[0])
        return ceil_div(frame.height, frame.unit * frame.V_max), ceil_div(frame.width, frame.unit * frame.H_max)

    @cached_property
    def factors(self) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of data units that an MCU holds of each component."""
        return tuple((c.V, c.H) for c in self.components) if self.interleaved else ((1, 1),)

    @property
    def table_keys(self) -> set[TableKey]:
        """The Huffman tables, or statistics areas, that it uses. A refinement of DC has no codes."""
        of_dc = not self.frame.progressive or (self.Ss == 0 and not self.Ah)
        of_ac = self.Ss > 0 if self.frame.progressive else not self.frame.lossless
        return {(0, c.Td) for c in self.components if of_dc} | {(1, c.Ta) for c in self.components if of_ac}

    @property
    def statistics_areas(self) -> dict[TableKey, int]:
        """Conditioning of its areas, in libjpeg's order: 16 U + L of DC (F.1.4.4.1.4), Kx of AC (F.1.4.4.2)."""
        default = (DC_CONDITIONING, AC_CONDITIONING)
        keys = sorted(self.table_keys, key=lambda key: key[::-1])
        return {key: self.conditioning.get(key, default[key[0]]) for key in keys}

    @cached_property
    def blocks_per_mcu(self) -> int:
        """Data units of all components in an MCU."""
        return sum(rows * columns for rows, columns in self.factors)
