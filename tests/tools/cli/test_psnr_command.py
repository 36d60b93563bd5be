"""``numjpeg psnr``."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_line import (
    complaint,
    decibels,
    main,
    photo,
    pixels,
)
from PIL import Image


def test_psnr_prints_decibels(png, jpg, capsys):
    expected = decibels(photo(), pixels(jpg))
    assert main("psnr", png, jpg) == 0
    assert capsys.readouterr().out == f"{expected:.4f} dB\n"
    assert main("psnr", png, png) == 0
    assert capsys.readouterr().out == "inf dB\n"


def test_psnr_per_channel_and_json(png, jpg, capsys):
    each = [decibels(photo()[..., i], pixels(jpg)[..., i]) for i in range(3)]
    assert main("psnr", png, jpg, "--per-channel") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["R", "G", "B", "all"]
    assert [float(line.split()[1]) for line in lines[:3]] == pytest.approx(each, abs=1e-4)
    assert main("psnr", png, jpg, "--per-channel", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["channels"].values()) == pytest.approx(each)
    assert found["psnr"] == pytest.approx(decibels(photo(), pixels(jpg)))
    assert main("psnr", png, png, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"psnr": None, "mse": 0.0}


def test_psnr_of_arrays(tmp_path, capsys):
    np.save(tmp_path / "a.npy", np.zeros((4, 4)))
    np.save(tmp_path / "b.npy", np.full((4, 4), 0.1))
    assert main("psnr", tmp_path / "a.npy", tmp_path / "b.npy") == 1
    assert "--data-range" in complaint(capsys, tmp_path / "b.npy")
    assert main("psnr", tmp_path / "a.npy", tmp_path / "b.npy", "--data-range", "1") == 0
    assert capsys.readouterr().out == "20.0000 dB\n"


def test_psnr_of_different_sizes_or_kinds_fails(tmp_path, png, capsys):
    for name, other in (("size.png", photo(40, 55)), ("gray.png", photo(channels=1))):
        Image.fromarray(other).save(tmp_path / name)
        assert main("psnr", png, tmp_path / name) == 1
        assert "the reference is 56 x 40 RGB" in complaint(capsys, tmp_path / name)
    assert main("psnr", tmp_path / "none.png", png) == 1
    complaint(capsys, tmp_path / "none.png")
