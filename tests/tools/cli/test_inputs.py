"""What the command line reads, and what it says of what it cannot read."""

from __future__ import annotations

import os

import numpy as np
import pytest
from command_line import (
    complaint,
    main,
    photo,
    pillow_jpeg,
    pixels,
)
from PIL import Image


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "RGB", "YCbCr"])
def test_encode_reads_the_modes_of_pillow(tmp_path, mode):
    image = Image.fromarray(photo()).convert(mode)
    image.save(tmp_path / "in.tif")
    assert main("encode", tmp_path / "in.tif") == 0
    converted = image.convert({"1": "L", "P": "RGB"}.get(mode, mode))
    assert (tmp_path / "in.jpg").read_bytes() == pillow_jpeg(converted)


def test_metadata_are_carried_over_unless_stripped(tmp_path):
    profile = bytes(16) + b"RGB " + bytes(300)
    exif = Image.Exif()
    exif[0x010E] = "a description"
    xmp = b"<x:xmpmeta/>"
    options = {"icc_profile": profile, "exif": exif.tobytes(), "dpi": (300, 300)}
    (tmp_path / "in.jpg").write_bytes(pillow_jpeg(photo(), xmp=xmp, comment="not this", **options))
    Image.fromarray(photo()).save(tmp_path / "in.png", **options)
    for name, more in (("in.jpg", {"xmp": xmp}), ("in.png", {})):
        source = pixels(tmp_path / name)
        assert main("encode", tmp_path / name, "-o", tmp_path / "out.jpg") == 0
        assert (tmp_path / "out.jpg").read_bytes() == pillow_jpeg(source, **options, **more)
        assert main("encode", tmp_path / name, "-o", tmp_path / "out.jpg", "--strip") == 0
        assert (tmp_path / "out.jpg").read_bytes() == pillow_jpeg(source)
        assert main("encode", tmp_path / name, "-o", tmp_path / "out.jpg", "--gray") == 0
        with Image.open(tmp_path / "out.jpg") as image:
            assert "icc_profile" not in image.info  # an RGB profile fits no gray picture
            assert image.info["exif"] == options["exif"]


def transparent(mode: str) -> Image.Image:
    alpha = Image.fromarray(np.linspace(0, 255, 40 * 56).reshape(40, 56).astype(np.uint8))
    if mode == "P":
        image = Image.fromarray(photo()).convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
        image.info["transparency"] = 3
        return image
    image = Image.fromarray(photo()).convert(mode)
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_needs_a_background(tmp_path, capsys, mode):
    path = tmp_path / "in.png"
    transparent(mode).save(path)
    assert main("encode", path) == 1
    assert "--background" in complaint(capsys, path)
    assert not path.with_suffix(".jpg").exists()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
@pytest.mark.parametrize(
    ("color", "rgb"), [("white", (255, 255, 255)), ("#10a0f0", (16, 160, 240)), ("teal", (0, 128, 128))]
)
def test_transparency_is_blended_with_the_background(tmp_path, mode, color, rgb):
    path = tmp_path / "in.png"
    transparent(mode).save(path)
    assert main("encode", path, "-o", tmp_path / "out.jpg", "--background", color, "-q", "100", "-s", "4:4:4") == 0
    with Image.open(path) as image:
        expected = Image.new("RGB", image.size, rgb)
        rgba = image.convert("RGBA")
        expected.paste(rgba, mask=rgba.getchannel("A"))
    found = pixels(tmp_path / "out.jpg")
    found = np.repeat(found[..., None], 3, -1) if found.ndim == 2 else found
    assert np.abs(found.astype(int) - np.asarray(expected)).max() <= 4


def test_16_bits_and_floats_are_refused(tmp_path, capsys):
    Image.fromarray(np.full((9, 9), 40_000, np.uint16)).save(tmp_path / "16.png")
    np.save(tmp_path / "float.npy", np.zeros((9, 9)))
    (tmp_path / "16.pgm").write_bytes(b"P5 1 1 65535\n\0\0")
    for name in ("16.png", "float.npy", "16.pgm"):
        assert main("encode", tmp_path / name) == 1
        assert "8 bits" in complaint(capsys, tmp_path / name)


def test_errors_are_one_line(tmp_path, png, monkeypatch, capsys):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "short.png").write_bytes(png.read_bytes()[:60])
    for name, reason in (
        ("none.png", "No such file or directory"),
        (".", "Is a directory"),
        ("empty.png", "the file is empty"),
        ("text.png", "not a picture in a format that is known"),
        ("short.png", ""),
    ):
        path = tmp_path / name
        assert main("encode", path, "-o", tmp_path / "x.jpg") == 1
        assert reason in complaint(capsys, path)
    assert main("encode", png, "-o", tmp_path / "no" / "such.jpg") == 1
    assert complaint(capsys, png).endswith("No such file or directory")

    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("numjpeg.tools.cli.outputs.write_atomically", no_memory)
    assert main("encode", png) == 1
    assert complaint(capsys, png) == "not enough memory"


NOBODY = 65534
"""The user of that name on Linux."""


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_and_devices_in_folders_are_left_alone(tmp_path, capsys):
    """To read a pipe that nobody writes to takes for ever."""
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(photo()).save(folder / "photo.png")
    os.mkfifo(folder / "pipe.png")
    (folder / "zeros.png").symlink_to("/dev/zero")
    (folder / "nowhere.png").symlink_to("nothing")
    assert main("encode", "-r", folder) == 1
    assert complaint(capsys, folder / "nowhere.png") == "No such file or directory"
    assert (folder / "photo.jpg").read_bytes() == pillow_jpeg(photo())


def test_permission_denied(png, capsys):
    assert main("encode", png) == 0  # all that has to be imported is
    png.chmod(0)
    root = os.geteuid() == 0  # root may read everything, so it steps down for a moment
    if root:
        os.seteuid(NOBODY)
    try:
        assert main("encode", png) == 1
    finally:
        if root:
            os.seteuid(0)
    assert complaint(capsys, png) == "Permission denied"
