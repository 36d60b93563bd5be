"""The three codecs, asked for the same work: numjpeg, Pillow, and simplejpeg where it is installed."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

import numjpeg

try:
    import simplejpeg
except ImportError:
    simplejpeg = None


@dataclass(frozen=True)
class Options:
    """How a file is written."""

    quality: int = 85
    subsampling: str = "4:2:0"
    optimize: bool = False
    restart_rows: int = 0
    progressive: bool = False

    @property
    def gray(self) -> bool:
        return self.subsampling == "gray"

    def words(self) -> str:
        """A row's name in the table."""
        words = [f"q{self.quality}", self.subsampling]
        words += (
            ["optimize"] * self.optimize
            + ["progressive"] * self.progressive
            + ["restart markers"] * bool(self.restart_rows)
        )
        return ", ".join(words)


def _keywords(options: Options) -> dict[str, object]:
    keywords: dict[str, object] = {"quality": options.quality, "optimize": options.optimize}
    if not options.gray:
        keywords["subsampling"] = options.subsampling
    if options.progressive:
        keywords["progressive"] = True
    if options.restart_rows:
        keywords["restart_marker_rows"] = options.restart_rows
    return keywords


class Numjpeg:
    name = "numjpeg"

    @staticmethod
    def encode(image: np.ndarray, options: Options) -> bytes:
        return numjpeg.encode(image, **_keywords(options))

    @staticmethod
    def decode(data: bytes, options: Options) -> np.ndarray:
        return numjpeg.decode(data)

    @staticmethod
    def can(direction: str, options: Options) -> bool:
        return True


class Pillow:
    name = "Pillow"

    @staticmethod
    def encode(image: np.ndarray, options: Options) -> bytes:
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, "JPEG", **_keywords(options))
        return stream.getvalue()

    @staticmethod
    def decode(data: bytes, options: Options) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(data)))

    @staticmethod
    def can(direction: str, options: Options) -> bool:
        return True


class Simplejpeg:
    """libjpeg-turbo with SIMD and nothing around it, asked for the accurate DCT and the triangle filter.

    Its decoder then does the same work, and gives the same pixels. Its encoder takes TurboJPEG's fast DCT below
    quality 96 whatever ``fastdct`` says: other coefficients, in a little less time.
    """

    name = "simplejpeg"

    @staticmethod
    def encode(image: np.ndarray, options: Options) -> bytes:
        if options.gray:
            return simplejpeg.encode_jpeg(
                image[..., np.newaxis], options.quality, "GRAY", colorsubsampling="Gray", fastdct=False
            )
        sampling = options.subsampling.replace(":", "")
        return simplejpeg.encode_jpeg(image, options.quality, "RGB", colorsubsampling=sampling, fastdct=False)

    @staticmethod
    def decode(data: bytes, options: Options) -> np.ndarray:
        space = "GRAY" if options.gray else "RGB"
        image = simplejpeg.decode_jpeg(data, space, fastdct=False, fastupsample=False)
        return image[..., 0] if options.gray else image

    @staticmethod
    def can(direction: str, options: Options) -> bool:
        return direction == "decode" or not (options.optimize or options.progressive or options.restart_rows)


CODECS = [Numjpeg, Pillow, *([Simplejpeg] if simplejpeg else [])]


def equal(direction: str, ours: object, theirs: object) -> bool:
    """The same file, or the same pixels."""
    return ours == theirs if direction == "encode" else np.array_equal(ours, theirs)


def as_options(values: dict[str, object]) -> Options:
    """What ``asdict`` took apart."""
    return Options(**values)


__all__ = ["CODECS", "Numjpeg", "Options", "Pillow", "Simplejpeg", "as_options", "asdict", "equal", "simplejpeg"]
