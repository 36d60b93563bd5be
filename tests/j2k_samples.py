"""Pictures and files for the tests of JPEG 2000.

OpenJPEG's encoder aborts the whole process on some parameters: files are written in a process of their own.
"""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from requirements import module


def photo(height: int, width: int, channels: int = 3, *, depth: int = 8, seed: int = 0) -> NDArray[Any]:
    """Something like a photograph: smooth parts, edges, noise; uint8 or uint16, ``(H, W)`` for one channel."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    base = 0.5 + 0.3 * np.sin(x / 9 + seed) * np.cos(y / 13) + 0.2 * ((x // 17 + y // 23) % 2)
    planes = [base * (1 - 0.2 * c) + 0.1 * c + rng.normal(0, 0.02, base.shape) for c in range(channels)]
    scaled = np.clip(np.stack(planes, axis=-1), 0, 1) * ((1 << depth) - 1)
    image = scaled.astype(np.uint8 if depth <= 8 else np.uint16)
    return image[..., 0] if channels == 1 else image


_WRITER = """
import io, pickle, sys
from PIL import Image
files = []
for array, mode, options in pickle.load(sys.stdin.buffer):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "JPEG2000", **options)
    files.append(out.getvalue())
pickle.dump(files, sys.stdout.buffer)
"""


def pillow_files(jobs: list[tuple[NDArray[Any], dict[str, Any]]]) -> list[bytes]:
    """What Pillow writes for pictures and its options."""
    work = pickle.dumps([(array, None, options) for array, options in jobs])
    done = subprocess.run([sys.executable, "-c", _WRITER], input=work, capture_output=True)
    assert done.returncode == 0, done.stderr
    files: list[bytes] = pickle.loads(done.stdout)
    return files


def pillow_decode(data: bytes, reduce: int = 0) -> NDArray[Any]:
    """Pillow's pixels."""
    image = Image.open(io.BytesIO(data))
    image.reduce = reduce  # type: ignore[attr-defined, assignment]
    array = np.asarray(image)
    return array.astype(np.uint16) if array.dtype == np.int32 else array


def openjpeg_decode(data: bytes) -> NDArray[Any]:
    """OpenJPEG's samples, without what Pillow makes of them."""
    imagecodecs = module("imagecodecs", "imagecodecs", "imagecodecs says what Pillow does not")
    array: NDArray[Any] = imagecodecs.jpeg2k_decode(data)
    return array
