"""A scan is written the same way by the fast forms and without them, down to the file's last bit."""

from __future__ import annotations

import inspect
import itertools
import pickle
import pkgutil
import subprocess
import sys
from importlib import import_module

import numpy as np
import pillow
import pytest
import samples

import numjpeg
import numjpeg.fast


@pytest.fixture
def literal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switches the fast forms off, and makes an error of each of their functions wherever the package holds it."""
    modules = [
        import_module(found.name) for found in pkgutil.walk_packages(numjpeg.fast.__path__, "numjpeg.fast.")
    ]
    functions = {
        id(function): function
        for module in modules
        for function in vars(module).values()
        if inspect.isfunction(function) and function.__module__ == module.__name__
    }

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("a fast form was used")

    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "numjpeg":
            for attribute, value in list(vars(module).items()):
                if id(value) in functions:
                    monkeypatch.setattr(module, attribute, refuse)
    assert numjpeg.fast.codewords.tokens.find_tokens is refuse
    with pytest.raises(AssertionError, match="a fast form was used"):
        numjpeg.encode(np.zeros((8, 8), np.uint8))
    monkeypatch.setattr(numjpeg.scans, "_fast_forms_enabled", False)


SIZES = [(1, 1), (7, 9), (16, 16), (33, 17), (45, 61)]
NAMES = ["4:4:4", "4:2:2", "4:2:0"]


@pytest.mark.usual("1-4:2:0", "50-4:2:2", "90-4:4:4", "100-4:2:0")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("quality", [1, 50, 90, 100])
@pytest.mark.usefixtures("literal")
def test_without_fast_forms_files_equal_pillow_s(name: str, quality: int) -> None:
    for (height, width), kind in itertools.product(SIZES, (samples.smooth, samples.noise)):
        image = kind(height, width)
        for options in ({}, {"optimize": True}, {"progressive": True}, {"restart_marker_blocks": 2}):
            options = options | {"quality": quality, "subsampling": name}
            assert numjpeg.encode(image, **options) == pillow.save(image, **options), (height, width, options)


@pytest.mark.usefixtures("literal")
def test_without_fast_forms_every_colour_space_equals_pillow_s() -> None:
    for height, width in SIZES:
        gray, colour, inks = (samples.smooth(height, width, channels) for channels in (1, 3, 4))
        assert numjpeg.encode(gray) == pillow.save(gray)
        assert numjpeg.encode(colour, keep_rgb=True) == pillow.save(colour, keep_rgb=True)
        assert numjpeg.encode(colour, colorspace="YCbCr") == pillow.save(colour, "YCbCr")
        for options in ({}, {"subsampling": "4:2:0"}, {"restart_marker_rows": 1, "progressive": True}):
            assert numjpeg.encode(inks, colorspace="CMYK", **options) == pillow.save(inks, "CMYK", **options)
        tables = {"qtables": [list(range(1, 65)), [300] * 64]}
        assert numjpeg.encode(colour, **tables) == pillow.save(colour, **tables)


FACTORS = [
    "1x2",
    "4x1",
    "4x2",
    "2x4",
    "3x1",
    "2x2,1x2,1x2",
    "2x2,2x1,2x1",
    "1x1,2x2,2x2",
    "1x1,1x1,2x2",
    "2x2,2x2,1x1",
]


@pytest.mark.usual("1x2", "4x2", "2x2,2x1,2x1", "1x1,2x2,2x2")
@pytest.mark.parametrize("factors", FACTORS)
def test_fast_forms_change_no_file(factors: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the factors that Pillow does not write; test_encoder compares those of the fast forms with cjpeg's."""
    for (height, width), quality in itertools.product(SIZES, (30, 95)):
        image = samples.smooth(height, width, seed=quality)
        ways = [{}, {"optimize": True}, {"progressive": True}, {"restart_marker_rows": 1}, {"dct_method": "float"}]
        for options in ways:
            with monkeypatch.context() as patch:
                fast = numjpeg.encode(image, quality, subsampling=factors, **options)
                patch.setattr(numjpeg.scans, "_fast_forms_enabled", False)
                assert numjpeg.encode(image, quality, subsampling=factors, **options) == fast


def test_fast_forms_change_no_coefficients(monkeypatch: pytest.MonkeyPatch) -> None:
    for options in ({}, {"optimize": True}, {"restart_marker_blocks": 3}):
        data = pillow.save(samples.photograph()[:120, :99], **options)
        coefficients = numjpeg.read_coefficients(data)
        progressive = numjpeg.write_coefficients(coefficients, progressive=True)
        with monkeypatch.context() as patch:
            patch.setattr(numjpeg.scans, "_fast_forms_enabled", False)
            assert numjpeg.write_coefficients(coefficients) == data
            assert numjpeg.write_coefficients(coefficients, progressive=True) == progressive


WITHOUT_THE_ROOM = """
import sys
from importlib.abc import MetaPathFinder


class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "numjpeg.fast" or name.startswith("numjpeg.fast."):
            raise ModuleNotFoundError(f"{name} is blocked", name=name)


sys.meta_path.insert(0, Blocked())
import pickle, numjpeg
image, options = pickle.loads(sys.stdin.buffer.read())
files = [numjpeg.encode(image, **own) for own in options]
pictures = [numjpeg.decode(data) for data in files]
coefficients = numjpeg.read_coefficients(files[0])
copies = [numjpeg.write_coefficients(coefficients, progressive=own) for own in (False, True)]
batch = list(numjpeg.encode_batch([image] * 2)), list(numjpeg.decode_batch(files))
assert not [name for name in sys.modules if name.startswith("numjpeg.fast")]
sys.stdout.buffer.write(pickle.dumps((files, pictures, copies, batch)))
"""


def test_where_fast_cannot_be_imported_bytes_and_pixels_are_the_same() -> None:
    """Encoding and decoding in a fresh process that has no numjpeg.fast."""
    image = samples.smooth(70, 45)
    options = [{}, {"optimize": True}, {"progressive": True}, {"subsampling": "4:1:1"}, {"dct_method": "float"}]
    options += [{"target_bytes": 1500}]
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_ROOM],
        input=pickle.dumps((image, options)),
        capture_output=True,
        check=True,
    ).stdout
    files, pictures, copies, (encoded, decoded) = pickle.loads(answer)
    assert files == [numjpeg.encode(image, **own) for own in options]
    assert files[:3] == [pillow.save(image, **own) for own in options[:3]]
    assert encoded == files[:1] * 2
    for data, own, of_batch in zip(files, pictures, decoded, strict=True):
        assert np.array_equal(own, numjpeg.decode(data))
        assert np.array_equal(own, of_batch)
    coefficients = numjpeg.read_coefficients(files[0])
    assert copies == [numjpeg.write_coefficients(coefficients, progressive=own) for own in (False, True)]
