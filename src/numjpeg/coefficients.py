"""Quantized DCT coefficients: the waist of the codec, where pixels and bytes meet; and all else that a file needs.

To change a picture without decoding it, read its :class:`Coefficients`, change planes or tables, and write them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from numjpeg.errors import check_shown
from numjpeg.stages.blocks import join_blocks
from numjpeg.stages.dct import idct
from numjpeg.stages.huffman import HuffmanTable
from numjpeg.stages.level_shift import inverse_level_shift
from numjpeg.stages.subsampling import full_name


def ceil_div(a: int, b: int) -> int:
    """a / b, rounded up."""
    return -(-a // b)


@dataclass(frozen=True)
class Component:
    """A component as SOF and SOS describe it (T.81 B.2.2, B.2.3), with the standard's names."""

    identifier: int
    H: int  # horizontal sampling factor, 1 .. 4
    V: int  # vertical sampling factor, 1 .. 4
    Tq: int  # number of its quantization table, 0 .. 3
    Td: int = 0  # number of its DC Huffman table, 0 .. 3
    Ta: int = 0  # number of its AC Huffman table, 0 .. 3


def same(first: Any, second: Any) -> bool:
    """Whether two values are equal; arrays in dictionaries, lists and tuples are compared sample by sample."""
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return np.array_equal(first, second)
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def checked_sample_type(exact: DTypeLike, dtype: DTypeLike | None) -> np.dtype[Any]:
    """The type of samples that an argument ``dtype`` asks for: ``exact`` or None, or float32; else ValueError."""
    try:
        chosen = np.dtype(exact if dtype is None else dtype)
    except (TypeError, ValueError):
        chosen = None
    if chosen not in (exact, np.float32):
        raise ValueError(f"dtype: {exact} or float32 expected, got {dtype!r}")
    return chosen


@dataclass
class Coefficients:
    """A picture as quantized DCT coefficients. ``==`` compares all attributes, arrays element by element.

    Attributes
    ----------
    height, width : size of the picture in pixels.
    components : identifiers, sampling factors and table numbers.
    planes : one int16 ``(rows, columns, 8, 8)`` a component, vertical frequency first, natural order;
        ``rows = ceil(component height / 8)``: blocks that only fill up an MCU are not kept.
    quantization_tables : Tq -> uint16 ``(8, 8)``, natural order, entries 1 .. 65535, or 0 as in some broken files.
    huffman_tables : (class, number) -> the file's table; class 0 is DC, 1 is AC. Empty if the file changed tables
        between scans; a writer then makes optimal ones.
    restart_interval : MCUs between restart markers, 0 for none.
    application_segments : (marker code, payload) of every APPn and COM in front of the first scan, in order.
    precision : bits a sample, 8 or 12.
    """

    height: int
    width: int
    components: tuple[Component, ...]
    planes: list[NDArray[np.int16]]
    quantization_tables: dict[int, NDArray[np.uint16]]
    huffman_tables: dict[tuple[int, int], HuffmanTable] = field(default_factory=dict)
    restart_interval: int = 0
    application_segments: list[tuple[int, bytes]] = field(default_factory=list)
    precision: int = 8

    @classmethod
    def from_pixels(cls, image: Any, quality: int = 75, subsampling: str = "4:2:0") -> Coefficients:
        """The coefficients that ``encode`` writes; ``image``: uint8 ``(H, W)`` gray or ``(H, W, 3)`` RGB."""
        from numjpeg.pipeline import pixels_to_coefficients  # noqa: PLC0415 (it stands on this module)

        check_shown("image", image)
        if getattr(image, "mode", "RGB") not in ("L", "RGB"):
            raise ValueError(f"image: Pillow's mode {image.mode!r} is neither L nor RGB; image.convert helps")
        samples = np.asarray(image)
        if samples.dtype != np.uint8 or samples.ndim not in (2, 3) or samples.shape[2:] not in ((), (3,)):
            raise TypeError(f"image: uint8 (H, W) or (H, W, 3) expected, got {samples.dtype} {samples.shape}")
        if not samples.size:
            raise ValueError(f"image: no samples, {samples.shape}")
        return pixels_to_coefficients(samples, quality, full_name(subsampling))

    def to_pixels(self) -> NDArray[Any]:
        """The picture that ``decode`` gives: ``(H, W)`` gray or ``(H, W, 3)`` RGB, uint8 (12 bits: uint16).

        ValueError for colours other than gray and YCbCr (``decode(write_coefficients(coefficients))`` takes all).
        """
        from numjpeg.container.metadata import file_colorspace  # noqa: PLC0415 (both stand on this module)
        from numjpeg.pipeline import coefficients_to_pixels  # noqa: PLC0415

        space = file_colorspace(self.components, self.application_segments)
        if space not in ("GRAY", "YCbCr"):
            raise ValueError(
                f"coefficients: gray or YCbCr expected, these are {space}; decode takes them as a file"
            )
        return coefficients_to_pixels(self)

    def planes_as_samples(self, dtype: DTypeLike | None = None) -> list[NDArray[Any]]:
        """The samples of each component as they are stored: not upsampled, colours not converted.

        Each plane is ``(rows, columns)`` with ``rows = ceil(height * V / V_max)``, and columns likewise. ``dtype``
        None gives uint8 (12 bits: uint16), as ``decode`` has them before upsampling. float32 gives the inverse DCT
        in floating point, neither rounded nor clipped. ValueError for another.
        """
        exact = np.dtype(np.uint8 if self.precision == 8 else np.uint16)
        sample_type = checked_sample_type(exact, dtype)
        V_max, H_max = max(c.V for c in self.components), max(c.H for c in self.components)
        planes: list[NDArray[Any]] = []
        for i, c in enumerate(self.components):
            frequencies = self.dequantized(i)
            if sample_type == exact:
                samples = inverse_level_shift(idct(frequencies, precision=self.precision), self.precision)
            else:
                samples = (idct(frequencies, "float") + (1 << self.precision - 1)).astype(np.float32)
            rows, columns = ceil_div(self.height * c.V, V_max), ceil_div(self.width * c.H, H_max)
            planes.append(join_blocks(samples)[:rows, :columns])
        return planes

    def _plane(self, name: str, place: int, counts: tuple[int, ...]) -> NDArray[np.int16]:
        if len(self.planes) not in counts:
            raise AttributeError(f"{name}: a picture of {len(self.planes)} components has none")
        return self.planes[place]

    @property
    def Y(self) -> NDArray[np.int16]:  # noqa: N802 (the field's name)
        """The first plane: luminance (in a CMYK file cyan, in an RGB file red)."""
        return self.planes[0]

    @property
    def Cb(self) -> NDArray[np.int16]:  # noqa: N802 (the field's name)
        """The second plane of a picture that has three or four."""
        return self._plane("Cb", 1, (3, 4))

    @property
    def Cr(self) -> NDArray[np.int16]:  # noqa: N802 (the field's name)
        """The third plane of a picture that has three or four."""
        return self._plane("Cr", 2, (3, 4))

    @property
    def K(self) -> NDArray[np.int16]:  # noqa: N802 (the field's name)
        """The fourth plane of a picture that has four."""
        return self._plane("K", 3, (4,))

    @property
    def qt(self) -> NDArray[np.uint16]:
        """The quantization tables that components use, ``(tables, 8, 8)``, by ascending number; a copy."""
        return np.stack([self.quantization_tables[i] for i in sorted({c.Tq for c in self.components})])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Coefficients):
            return NotImplemented
        return same(list(vars(self).values()), list(vars(other).values()))

    def __repr__(self) -> str:
        lines = [f"<Coefficients of {self.width} x {self.height} pixels (width x height)"]
        for c, plane in zip(self.components, self.planes, strict=False):
            kind = f"{getattr(plane, 'dtype', type(plane).__name__)} {np.shape(plane)}"
            lines.append(f"  component {c.identifier}: {c.H}x{c.V}, table {c.Tq}, plane {kind}")
        parts = [
            f"{len(self.quantization_tables)} quantization tables",
            f"{len(self.huffman_tables)} Huffman tables",
        ]
        parts += [f"restart interval {self.restart_interval}"] * bool(self.restart_interval)
        parts.append(f"{len(self.application_segments)} APPn and COM segments")
        return "\n".join([*lines, "  " + ", ".join(parts) + ">"])

    def quantization_table(self, component: int) -> NDArray[np.uint16]:
        """The ``(8, 8)`` table of component number ``component``."""
        return self.quantization_tables[self.components[component].Tq]

    def dequantized(self, component: int) -> NDArray[np.int32]:
        """The plane of component number ``component`` times its table (A.3.4), int32 ``(rows, columns, 8, 8)``."""
        table = self.quantization_table(component).astype(np.int32)
        return np.multiply(self.planes[component], table, dtype=np.int32)


def check_coefficients(value: Any) -> None:
    """TypeError for anything but Coefficients, such as a file."""
    if not isinstance(value, Coefficients):
        kind = type(value).__name__
        raise TypeError(f"coefficients: Coefficients expected, got {kind}; read_coefficients makes them of files")
