"""Coverage-guided fuzzing of the decoder with atheris: ``pip install -e '.[fuzz]'``, then

    python tests/fuzz/fuzz.py [--minutes N] [--target decode|header|coefficients|lanes|jpeg2000] [--folder FOLDER]

Without a target each one gets its share of the minutes. The seeds are made by numjpeg and Pillow, and taken from
the corpus where NUMJPEG_CORPUS names it. The folder keeps what has been found of interest, so that the next run
goes on from there; files that break a rule lie in FOLDER/TARGET-findings, one for each place in the code, with
what happened beside them. The exit status is 1 if there are any.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "jpeg2000")]

LARGEST = 16_384
"""Bytes of the largest file that is tried."""

NAMES = ("decode", "header", "coefficients", "lanes", "jpeg2000")
MEMORY = 4 << 30


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the decoder.")
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--target", choices=NAMES)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "numjpeg-fuzz")
    options = parser.parse_args()
    if options.target:
        fuzz(options.target, 60 * options.minutes, options.folder)
    findings = 0
    for name in NAMES:
        arguments = ["--target", name, "--minutes", str(options.minutes / len(NAMES)), "--folder", options.folder]
        subprocess.run([sys.executable, __file__, *arguments], check=False)
        findings += len(list((options.folder / f"{name}-findings").glob("*.jpg")))
    print(f"{findings} findings in {options.folder}")
    return 1 if findings else 0


def fuzz(name: str, seconds: float, folder: Path) -> None:
    """Fuzz one target; does not return."""
    import atheris

    with atheris.instrument_imports(include=["numjpeg"]):
        import seeds
        import targets

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    kept, findings = folder / name, folder / f"{name}-findings"
    for path in (kept, findings):
        path.mkdir(parents=True, exist_ok=True)
    files = seeds.jpeg_2000() if name == "jpeg2000" else seeds.files() | seeds.larger() | seeds.corpus()
    for seed in files.values():
        (kept / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds:.0f}",
        f"-max_len={LARGEST}",
        "-timeout=60",
        "-rss_limit_mb=3000",
        "-len_control=0",
        "-print_final_stats=1",
        f"-artifact_prefix={findings}/",
        str(kept),
    ]
    atheris.Setup(arguments, recorded(targets.TARGETS[name], findings), custom_mutator=mutated)
    atheris.Fuzz()


def mutated(data: bytes, largest: int, seed: int) -> bytes:
    """Our mutations and libFuzzer's, half and half."""
    import atheris  # whose Mutate is another function once the fuzzing has begun
    from mutation import mutate

    chance = random.Random(seed)
    return atheris.Mutate(data, largest) if chance.random() < 0.5 else mutate(data, chance, largest)


def recorded(target: Callable[[bytes], None], findings: Path) -> Callable[[bytes], None]:
    """The target, which writes down what it finds and goes on: one file for each place where errors are raised."""

    def run(data: bytes) -> None:
        try:
            target(data)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            last = frames[-1]
            name = f"{type(error).__name__}-{Path(last.filename).stem}-{last.lineno}"
            path = findings / f"{name}.jpg"
            if not path.exists() or path.stat().st_size > len(data):
                path.write_bytes(data)
                path.with_suffix(".txt").write_text(traceback.format_exc())

    return run


if __name__ == "__main__":
    sys.exit(main())
