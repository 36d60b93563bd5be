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


def outcomes(image: np.ndarray) -> dict[str, object]:
    """Files and pictures by their names, of all that has a fast form. A fresh process runs this text, too."""
    import numpy as np  # noqa: PLC0415

    import numjpeg  # noqa: PLC0415
    from numjpeg import jpeg2000  # noqa: PLC0415

    height, width, _ = image.shape
    weights = np.add.outer(np.arange(height), np.arange(width)) / width
    twelve_bits = image.astype(np.uint16) * 16 + 5
    files = {
        "plain": numjpeg.encode(image),
        "optimize": numjpeg.encode(image, optimize=True),
        "progressive": numjpeg.encode(image, progressive=True),
        "4:1:1": numjpeg.encode(image, subsampling="4:1:1"),
        "float": numjpeg.encode(image, dct_method="float"),
        "gray": numjpeg.encode(image[..., 1], 40),
        "arithmetic": numjpeg.encode(image[:24, :24], arithmetic=True),
        "lossless": numjpeg.encode(image, lossless=True),
        "12 bits": numjpeg.encode(twelve_bits, precision=12),
        "target_bytes": numjpeg.encode(image, target_bytes=1500),
        "target_psnr": numjpeg.encode(image, target_psnr=34),
        "gray target_psnr": numjpeg.encode(image[..., 1], target_psnr=34),
        "psnr": numjpeg.encode(image, 60, tune="psnr"),
        "psnr target_psnr": numjpeg.encode(image, tune="psnr", target_psnr=34),
        "psnr target_bytes": numjpeg.encode(image, tune="psnr", target_bytes=1500),
        "perceptual progressive": numjpeg.encode(image, 60, tune="perceptual", progressive=True),
        "importance": numjpeg.encode(image, 60, tune="psnr", importance=weights),
    }
    found: dict[str, object] = dict(files)
    found |= {f"decoded {name}": numjpeg.decode(data) for name, data in files.items()}
    for name in ("plain", "progressive", "gray"):
        data = files[name]
        found[f"restored {name}"] = numjpeg.decode(data, restore=True)
        found[f"learned {name}"] = numjpeg.decode(data, restore="learned")
        for scale in (1 / 2, 1 / 4, 1 / 8):
            found[f"{name} by {scale}"] = numjpeg.decode(data, scale=scale)
        found[f"region of {name}"] = numjpeg.decode(data, region=(9, 7, 30, 22))
        found[f"region of {name} by 1/2"] = numjpeg.decode(data, scale=1 / 2, region=(5, 3, 11, 12))
        found[f"damaged {name}"] = numjpeg.decode_damaged(data[: len(data) * 3 // 4])[0]
        found[f"transposed {name}"] = numjpeg.transform(data, "transpose")
        found[f"optimized {name}"] = numjpeg.optimize(data)
        found[f"requantized {name}"] = numjpeg.requantize(data, 30)
        coefficients = numjpeg.read_coefficients(data)
        for progressive in (False, True):
            copy = numjpeg.write_coefficients(coefficients, progressive=progressive)
            found[f"{name} copied, {progressive=}"] = copy
    batch = numjpeg.encode_batch([image] * 2), numjpeg.decode_batch([files["plain"]] * 2)
    found |= {f"{i} of batch {j}": item for j, items in enumerate(batch) for i, item in enumerate(items)}
    found["JPEG 2000"] = jpeg2000.encode(image[:16, :16])
    found["decoded JPEG 2000"] = jpeg2000.decode(found["JPEG 2000"])
    return found


def assert_equal(found: dict[str, object], expected: dict[str, object]) -> None:
    assert found.keys() == expected.keys()
    assert [name for name in expected if not np.array_equal(found[name], expected[name])] == []


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return samples.photograph()[60:103, 150:201]


@pytest.fixture(scope="module")
def with_fast_forms(image: np.ndarray) -> dict[str, object]:
    """The outcomes with fast forms. Those that Pillow has equal its own; restoring changes something."""
    found = outcomes(image)
    assert found["plain"] == pillow.save(image)
    assert found["progressive"] == pillow.save(image, progressive=True)
    assert np.array_equal(found["decoded psnr"], pillow.load(found["psnr"]))
    assert np.array_equal(found["decoded lossless"], image)
    assert not np.array_equal(found["restored plain"], found["decoded plain"])
    assert not np.array_equal(found["learned plain"], found["restored plain"])
    return found


@pytest.mark.usefixtures("literal")
def test_fast_forms_change_nothing(with_fast_forms: dict[str, object], image: np.ndarray) -> None:
    assert_equal(outcomes(image), with_fast_forms)


WITHOUT_THE_ROOM = """
from __future__ import annotations
import pickle, sys
from importlib.abc import MetaPathFinder


class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "numjpeg.fast" or name.startswith("numjpeg.fast."):
            raise ModuleNotFoundError(f"{name} is blocked", name=name)


sys.meta_path.insert(0, Blocked())
"""
REPLY = """
sys.stdout.buffer.write(pickle.dumps(outcomes(pickle.loads(sys.stdin.buffer.read()))))
assert not [name for name in sys.modules if name.startswith("numjpeg.fast")]
"""


def test_where_fast_cannot_be_imported_nothing_changes(
    with_fast_forms: dict[str, object], image: np.ndarray
) -> None:
    """In a fresh process that has no numjpeg.fast."""
    program = WITHOUT_THE_ROOM + inspect.getsource(outcomes) + REPLY
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, input=pickle.dumps(image), capture_output=True, check=True).stdout
    assert_equal(pickle.loads(answer), with_fast_forms)
