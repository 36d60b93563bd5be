"""The harness itself: its targets hold on files that are changed at random, and it notices when one does not."""

from __future__ import annotations

import random
from pathlib import Path

import fuzz
import mutation
import numpy as np
import pytest
import seeds
import targets

import numjpeg

FILES = {**seeds.files(), **seeds.larger()}


def test_the_commands_names_are_the_targets() -> None:
    assert tuple(targets.TARGETS) == fuzz.NAMES


@pytest.mark.parametrize("name", FILES)
def test_seeds_are_sound_and_small(name: str) -> None:
    data = FILES[name]
    assert len(data) < fuzz.LARGEST
    numjpeg.decode(data)
    assert not numjpeg.decode_damaged(data)[1].faults
    for name, target in targets.TARGETS.items():
        if name != "jpeg2000":
            target(data)


@pytest.mark.usual("tiles", "refined", "packed headers", "all_styles")
@pytest.mark.parametrize("name", seeds.jpeg_2000())
def test_seeds_of_jpeg_2000_are_sound(name: str) -> None:
    data = seeds.jpeg_2000()[name]
    assert len(data) < fuzz.LARGEST
    assert numjpeg.jpeg2000.decode_damaged(data)[1].complete
    targets.jpeg_2000(data)


@pytest.mark.usual(every=4)
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("name", targets.TARGETS)
def test_targets_hold_on_changed_files(name: str, part: int) -> None:
    chance = random.Random(f"{name} {part}")
    files = list((seeds.jpeg_2000() if name == "jpeg2000" else FILES).values())
    for _ in range(10 if name == "jpeg2000" else 75):
        targets.TARGETS[name](mutation.mutate(chance.choice(files), chance, fuzz.LARGEST))


def test_findings_are_written_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An error that is no JpegError, other pixels, too much time: each is a finding, the smallest file is kept."""
    file, larger = seeds.files()["gray"], seeds.files()["baseline"]
    run = fuzz.recorded(targets.decode, tmp_path)
    run(file)
    assert not list(tmp_path.iterdir())

    def wrong(data: bytes, **options: object) -> np.ndarray:
        raise ValueError("not a JpegError")

    sound = numjpeg.decode
    monkeypatch.setattr(numjpeg, "decode", wrong)
    for data in (larger, file):
        run(data)
        (found,) = tmp_path.glob("ValueError-*.jpg")
        assert found.read_bytes() == data
        assert "not a JpegError" in found.with_suffix(".txt").read_text()
    monkeypatch.setattr(numjpeg, "decode", lambda data, **options: 255 - sound(data, **options))
    run(file)
    assert len(list(tmp_path.glob("AssertionError-*.jpg"))) == 1
    monkeypatch.setattr(numjpeg, "decode", sound)
    monkeypatch.setattr(targets, "SECONDS", 0.0)
    run(file)
    assert len(list(tmp_path.glob("TooSlowError-*.jpg"))) == 1


def test_mutations_change_files_of_all_kinds() -> None:
    chance = random.Random(1)
    for data in seeds.files().values():
        limit = max(600, len(data))
        changed = {mutation.mutate(data, chance, limit) for _ in range(50)}
        assert len(changed) > 40
        assert max(map(len, changed)) <= limit


# --- findings --------------------------------------------------------------------------------------------


def test_a_second_soi() -> None:
    """libjpeg refuses it; what stands between it and an EOI is another picture's."""
    data = seeds.files()["gray"]
    targets.decode(data[:2] + data)
    with pytest.raises(numjpeg.FormatError, match=r"another SOI \(B\.2\.1\), byte 2"):
        numjpeg.decode(data[:2] + data)
    # After a scan it is the next file's, and EOI is missing.
    two = data[:-2] + data
    assert np.array_equal(numjpeg.decode(two), numjpeg.decode(data))
    assert numjpeg.read_header(two).warnings == ["the file ends without EOI"]
