"""The benchmark runs, and refuses to time what is not equal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from requirements import module

BENCH = Path(__file__).parent / "bench"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(BENCH), *sys.path])}


@pytest.mark.sweep
def test_the_benchmark_runs(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(BENCH / "bench.py"),
        "--sizes",
        "64x64",
        "--rounds",
        "1",
        "--thumbnails",
        "--threads",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert "| photograph 64x64 | decode" in done.stdout
    result = json.loads((tmp_path / "bench.json").read_text())
    assert [row["direction"] for row in result["rows"]] == ["encode", "encode", "decode", "encode", "decode"]
    assert all(row["default"] > 0 for row in result["rows"])
    assert "| encode, 32x32 |" in done.stdout
    assert all(by["4 threads"] > 0 for by in result["threads"].values())
    assert len(result["threads"]) == 8
    assert all(row["ratio_cpu"] > 0 for row in result["rows"])
    assert (tmp_path / "bench.md").read_text() == done.stdout


def test_unequal_results_are_an_error_and_missed_targets_are_counted() -> None:
    program = """
import measure, pictures, report, rivals
image = pictures.make("photograph", "64x64")
row = measure.in_turns("photograph 512x512", image, "encode", rivals.Options(), 0, (1, 1))
row.cpu["Pillow"] = [row.median("numjpeg") / 7]
assert len(report.missed([row], [("x", 1.0, 2.0), ("y", 3.0, 2.0)])) == 2
rivals.numjpeg.encode = lambda image, **options: b"another file"
try:
    measure.in_turns("wrong", image, "encode", rivals.Options(), 0, (1, 1))
except measure.UnequalError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=ENVIRONMENT)
    assert (done.stdout, done.stderr) == ("wrong, encode, q85, 4:2:0: numjpeg's result is not Pillow's\n", "")


@pytest.mark.sweep
def test_the_other_processes_are_measured(tmp_path: Path) -> None:
    module("imagecodecs", "imagecodecs", "imagecodecs has libjpeg-turbo's lossless files")
    Image.fromarray(np.add.outer(np.arange(40), np.arange(64)).astype(np.uint8)).save(tmp_path / "small.png")
    command = [sys.executable, str(BENCH / "processes.py"), str(tmp_path / "small.png"), "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "lossless, gray, 16 bits, 512 x 512",
        "lossless, small",
        *(f"arithmetic, {kind}, small" for kind in ("sequential", "progressive", "lossless")),
    ]
