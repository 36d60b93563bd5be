"""Where a block lies: its pixels, its samples, and the block coded before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from numjpeg.coefficients import Component
from numjpeg.container.frame import Frame, Scan
from numjpeg.container.structure import read_structure
from numjpeg.stages.blocks import pad_edges
from numjpeg.stages.subsampling import SUBSAMPLING


@dataclass(frozen=True)
class BlockPlace:
    """A block of a component, and what surrounds it in the file that :func:`numjpeg.encode` makes."""

    frame: Frame
    index: int
    scan: Scan
    row: int
    column: int

    @property
    def component(self) -> Component:
        """The component that the block belongs to."""
        return self.frame.components[self.index]

    @property
    def ratio(self) -> tuple[int, int]:
        """(h, v): pixels to one sample."""
        return self.frame.H_max // self.component.H, self.frame.V_max // self.component.V

    @property
    def subsampling(self) -> str:
        """The name of the sampling factors; ValueError if they have none."""
        (luminance, *others) = self.scan.factors
        for name, (H, V) in SUBSAMPLING.items():
            if luminance == (V, H) and set(others) <= {(1, 1)}:
                return name
        raise ValueError(f"subsampling: factors {self.scan.factors} have no name such as 4:2:0")

    def where(self) -> str:
        """Which pixels the block covers, in words."""
        h, v = self.ratio
        return (
            f"It covers the pixel rows {8 * v * self.row} to {8 * v * (self.row + 1) - 1}"
            f" and columns {8 * h * self.column} to {8 * h * (self.column + 1) - 1}"
            f" of a picture of {self.frame.width} x {self.frame.height}."
        )

    def previous(self) -> tuple[int, int] | None:
        """The component's block before this one in the scan (A.2); None if there is none.

        A block that only fills up an MCU repeats the DC of the one before it, so that one is taken.
        """
        rows, columns = self.frame.block_size(self.component)
        V, H = self.scan.factors[self.scan.indices.index(self.index)]
        row, column = self.row, self.column
        while True:
            inner = row % V * H + column % H
            mcu_row, mcu_column = row // V, column // H
            if inner == 0:
                mcu_row, mcu_column = divmod(mcu_row * self.scan.mcus[1] + mcu_column - 1, self.scan.mcus[1])
                inner = V * H
            if mcu_row < 0:
                return None
            inner -= 1
            row, column = mcu_row * V + inner // H, mcu_column * H + inner % H
            if row < rows and column < columns:
                return row, column

    def predictor_block(self) -> tuple[int, int] | None:
        """The block whose DC coefficient predicts that of this one (F.1.1.5.1); None if the prediction is 0."""
        previous, interval = self.previous(), self.scan.restart_interval
        if previous is None or not interval:
            return previous
        before = replace(self, row=previous[0], column=previous[1])
        return previous if self.number_in_scan()[0] // interval == before.number_in_scan()[0] // interval else None

    def number_in_scan(self) -> tuple[int, int]:
        """Number of the block's MCU in the scan, and of the block in the MCU (A.2)."""
        which = self.scan.indices.index(self.index)
        V, H = self.scan.factors[which]
        before = sum(v * h for v, h in self.scan.factors[:which])
        mcu = self.row // V * self.scan.mcus[1] + self.column // H
        return mcu, before + self.row % V * H + self.column % H

    def area(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], bool]:
        """The pixels that a block is made of ``(8 v, 8 h, ...)``; and whether the picture ends inside them."""
        h, v = self.ratio
        top, left = self.row * 8 * v, self.column * 8 * h
        found = pixels[top : top + 8 * v, left : left + 8 * h]
        # A.2.4 as the encoder does it: columns to whole blocks, and rows as far as there are samples to average.
        # Averaged rows are repeated afterwards; where nothing is averaged that is the same as repeating them here.
        rows = self.frame.V_max if v > 1 else 8
        return pad_edges(found, rows, 8 * h, axis=0)[: 8 * v], found.shape[:2] != (8 * v, 8 * h)


def find_place(pixels: NDArray[np.uint8], sample: bytes, row: int, column: int, component: str) -> BlockPlace:
    """Find a block of a component; ``sample`` is a file of the same kind, of any size."""
    structure = read_structure(sample)
    one = structure.require_frame()
    frame = Frame(one.marker, one.precision, pixels.shape[0], pixels.shape[1], one.components)
    names = ("Y", "Cb", "Cr")[: len(frame.components)]
    if component not in names:
        raise ValueError(f"component: {component!r} is none of {names}")
    index = names.index(component)
    scan = next(s for s in structure.scans if index in s.indices)
    check_block(frame, index, row, column, component)
    whole = Scan(frame, scan.indices, scan.components, scan.huffman_tables, 0)
    return BlockPlace(frame, index, whole, row, column)


def check_block(frame: Frame, index: int, row: int, column: int, component: str) -> None:
    """Raise ValueError unless component number ``index``, called ``component``, has such a block."""
    rows, columns = frame.block_size(frame.components[index])
    for name, value, count in (("row", row, rows), ("column", column, columns)):
        if not 0 <= value < count:
            raise ValueError(f"{name}: {value} is outside 0..{count - 1}, the {component} blocks of this picture")
