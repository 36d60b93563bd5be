"""BLAS starts no threads on our account: no thread but the caller's works while files are made and read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys, time
from pathlib import Path
sys.path[:0] = {path!r}
import numpy as np
import numjpeg
from samples import photograph

def ticks_of_others():
    total = 0
    for stat in Path("/proc/self/task").glob("*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        if int(stat.parent.name) != os.getpid():
            total += int(fields[11]) + int(fields[12])
    return total

image = np.tile(photograph(), (1, 5, 1))
wide = np.tile(photograph()[:32], (1, 40, 1))
data = numjpeg.encode(image, 95)
fine = numjpeg.encode(image, 100, subsampling="4:4:4")
large = np.ones((64, 64), np.float32), np.ones((64, 30000), np.float32)
small = photograph()[:200, :300]
work = {{
    "encode": lambda: [numjpeg.encode(picture, 90, **options) for picture in (image, wide) for options in
        ({{}}, {{"optimize": True}}, {{"progressive": True}}, {{"dct_method": "float"}}, {{"subsampling": 0}})],
    "decode": lambda: [numjpeg.decode(own, **options) for own in (data, fine) for options in
        ({{}}, {{"dct_method": "float"}}, {{"strict": False}})],
    "restore": lambda: [numjpeg.decode(numjpeg.encode(picture, 40), restore=True) for picture in (small, wide)],
    "learned": lambda: [numjpeg.decode(numjpeg.encode(picture, 40), restore="learned")
        for picture in (small, wide)],
    "tune": lambda: [numjpeg.encode(picture, tune=tune) for picture in (image[:, :900], wide)
        for tune in ("psnr", "perceptual")],
    "target": lambda: numjpeg.encode(image, target_psnr=33),
    "psnr": lambda: numjpeg.psnr(image, numjpeg.decode(data)),
    "product": lambda: [np.matmul(*large) for _ in range(20)],
}}
before = ticks_of_others()
work[{name!r}]()
print(ticks_of_others() - before)
"""


@pytest.mark.usual("encode", "decode", "product")
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts the CPU time of threads in /proc")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: BLAS starts no threads anyway")
@pytest.mark.parametrize("name", ["encode", "decode", "restore", "learned", "tune", "target", "psnr", "product"])
def test_no_other_thread_works(name: str) -> None:
    """But for one large product of the test's own, which shows that a thread would be noticed."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"}
    program = PROGRAM.format(path=sys.path, name=name)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    )
    ticks = int(done.stdout)
    assert ticks > 0 if name == "product" else ticks == 0
