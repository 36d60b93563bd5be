"""The command line as a user meets it: run in this process, or as one of its own."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

import numjpeg
from numjpeg.tools import cli

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(numjpeg.__file__).parents[1]), "PYTHONWARNINGS": "error"}


def photo(height: int = 40, width: int = 56, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    planes = [np.sin((x + 2 * y * (i + 1)) / 9) * 70 + 128 + 30 * (x // 8 % 2) for i in range(channels)]
    image = np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)
    return image[..., 0] if channels == 1 else image


def pillow_jpeg(image: np.ndarray | Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def pixels(file: Path | bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
        return np.asarray(image)


def decibels(a: np.ndarray, b: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


def run(*arguments, **options) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "numjpeg", *map(str, arguments)],
        capture_output=True, env=ENVIRONMENT, timeout=60, check=False, **options,
    )  # fmt: skip


def main(*arguments) -> int:
    return cli.main([str(argument) for argument in arguments])


def usage(capsys, *arguments) -> str:
    """The message of wrong usage, which exits with 2."""
    with pytest.raises(SystemExit) as exit_:
        main(*arguments)
    assert exit_.value.code == 2
    return capsys.readouterr().err


def complaint(capsys, path: Path | str) -> str:
    """The one line on standard error, without "numjpeg: FILE: "."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"numjpeg: {path}: ")
    assert "Traceback" not in err
    return err.removeprefix(f"numjpeg: {path}: ").rstrip()


_WITHOUT_PILLOW = """
import io, pickle, sys
sys.modules["PIL"] = None
from numjpeg.tools import cli

done, output = [], sys.stdout
for arguments in pickle.loads(sys.stdin.buffer.read()):
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    try:
        code = cli.main(arguments)
    except SystemExit as exit_:
        code = exit_.code
    done.append((code, sys.stdout.buffer.getvalue(), sys.stderr.buffer.getvalue()))
output.buffer.write(pickle.dumps(done))
"""


class Done(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: bytes
    stderr: bytes


def run_without_pillow(*commands: Sequence[object]) -> list[Done]:
    """Commands, one after the other, in a process in which Pillow is not installed."""
    given = pickle.dumps([[str(argument) for argument in arguments] for arguments in commands])
    words = [sys.executable, "-c", _WITHOUT_PILLOW]
    reply = subprocess.run(words, input=given, stdout=subprocess.PIPE, env=ENVIRONMENT, timeout=60, check=True)
    return [Done(*outcome) for outcome in pickle.loads(reply.stdout)]
