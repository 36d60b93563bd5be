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

MAX_BLOCKS_PER_MCU = 10
"""B.2.3: the most that the sum of H * V over the components of an interleaved scan may be."""

MAX_RESTART_INTERVAL = 65535
"""What DRI can say (B.2.4.4), in MCUs."""


DC_CONDITIONING, AC_CONDITIONING = 1 << 4 | 0, 5
"""What DAC would say of a statistics area that it does not mention: U = 1 and L = 0; Kx = 5 (B.2.4.3)."""


class Frame(NamedTuple):
    """A frame header (B.2.2)."""

    marker: int
    """SOFn."""
    precision: int
    """Bits a sample."""
    height: int
    width: int
    components: tuple[Component, ...]
    header_height: int | None = None
    """The height that the frame header states, if DNL has changed it (B.2.5); None if not."""

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
        return (
            ceil_div(self.height * component.V, self.V_max),
            ceil_div(self.width * component.H, self.H_max),
        )

    def block_size(self, component: Component) -> tuple[int, int]:
        """(rows, columns) of data units that hold these samples: blocks, or if lossless the samples themselves."""
        rows, columns = self.sample_size(component)
        return ceil_div(rows, self.unit), ceil_div(columns, self.unit)

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
    """The frame header: baseline (SOF0) where the tables allow it, else extended sequential (SOF1); SOF2 or SOF3.

    With arithmetic coding it is SOF9, SOF10 or SOF11.
    """
    components = coefficients.components
    if progressive or lossless:
        marker = SOF2 if progressive else SOF3
    else:
        baseline = coefficients.precision == 8 and all(
            coefficients.quantization_tables[c.Tq].max() <= 255 and c.Td <= 1 and c.Ta <= 1 for c in components
        )
        marker = SOF0 if baseline else SOF1
    if arithmetic:
        marker = SOF10 if progressive else SOF11 if lossless else SOF9
    return Frame(marker, coefficients.precision, coefficients.height, coefficients.width, components)


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan header (B.2.3) with the tables that are in force at it."""

    frame: Frame
    indices: tuple[int, ...]
    """Places of its components among the frame's."""
    components: tuple[Component, ...]
    """Its components, Td and Ta as the scan header gives them."""
    huffman_tables: dict[tuple[int, int], HuffmanTable]
    """(class, number) -> table."""
    restart_interval: int
    """In MCUs; 0 for none."""
    offset: int = 0
    """Byte offset of SOS."""
    start: int = 0
    """Byte offset of the entropy-coded data."""
    end: int = 0
    """Byte offset after the entropy-coded data."""
    Ss: int = 0
    """First coefficient, in zig-zag order: start of spectral selection. If lossless, the predictor (Table H.1)."""
    Se: int = 63
    """Last coefficient: end of spectral selection."""
    Ah: int = 0
    """Point transform of the scan that this one refines; 0 for none (G.1.1.1.2)."""
    Al: int = 0
    """Point transform: how many low bits the coefficients of this scan lack."""
    number: int = 0
    """Its number in the file, from 0."""
    goes_on: bool = False
    """Its data go on below the frame's last row: they are of a higher frame, and what lies below is not wanted."""
    conditioning: dict[tuple[int, int], int] = field(default_factory=dict)
    """(class, number) of a statistics area of arithmetic coding -> what DAC says of it (B.2.4.3)."""

    @property
    def interleaved(self) -> bool:
        """Several components take turns in each MCU (A.2.3); a single one goes block by block (A.2.2)."""
        return len(self.components) > 1

    @property
    def mcus(self) -> tuple[int, int]:
        """(rows, columns) of MCUs."""
        if not self.interleaved:
            return self.frame.block_size(self.components[0])
        return (
            ceil_div(self.frame.height, self.frame.unit * self.frame.V_max),
            ceil_div(self.frame.width, self.frame.unit * self.frame.H_max),
        )

    @cached_property
    def factors(self) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of data units that an MCU holds of each component."""
        if not self.interleaved:
            return ((1, 1),)
        return tuple((c.V, c.H) for c in self.components)

    @property
    def statistics_areas(self) -> dict[tuple[int, int], int]:
        """(class, number) of the statistics areas that arithmetic coding uses -> conditioning, in libjpeg's order:
        16 U + L of an area of DC (F.1.4.4.1.4), Kx of one of AC (F.1.4.4.2).
        """
        sequential = not (self.frame.progressive or self.frame.lossless)
        of_dc = sequential or self.frame.lossless or (self.Ss == 0 and not self.Ah)
        of_ac = sequential or (self.Ss > 0 and not self.frame.lossless)
        keys = {(0, c.Td) for c in self.components if of_dc} | {(1, c.Ta) for c in self.components if of_ac}
        default = (DC_CONDITIONING, AC_CONDITIONING)
        return {
            key: self.conditioning.get(key, default[key[0]]) for key in sorted(keys, key=lambda key: key[::-1])
        }

    @cached_property
    def blocks_per_mcu(self) -> int:
        """Data units of all components in an MCU."""
        return sum(rows * columns for rows, columns in self.factors)
