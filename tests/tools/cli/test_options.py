"""Usage: what is wrong is one line, and exit code 2."""

from __future__ import annotations

import pytest
from command_line import (
    main,
    usage,
)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["transmogrify"],
        ["encode"],
        ["encode", "a.png", "-q", "0"],
        ["encode", "a.png", "-q", "101"],
        ["encode", "a.png", "-q", "x"],
        ["encode", "a.png", "--target-bytes", "50x"],
        ["encode", "a.png", "--target-bytes", "0"],
        ["encode", "a.png", "--max-pixels", "0"],
        ["encode", "a.png", "--workers", "0"],
        ["encode", "a.png", "-f", "-n"],
        ["encode", "a.png", "-s", "3:2:1"],
        ["encode", "a.png", "-s", "3x1,2x1"],
        ["encode", "a.png", "--background", "no-such-colour"],
        ["encode", "a.png", "--restart-rows", "-1"],
        ["encode", "a.png", "--restart-rows", "1", "--restart-blocks", "1"],
        ["encode", "a.png", "--keep-rgb", "-s", "4:2:0"],
        ["encode", "a.png", "--qtables", "/no/such/file"],
        ["encode", "a.png", "--comment", "x" * 70_000],
        ["encode", "a.png", "-"],
        ["encode", "a.png", "b.png", "-o", "-"],
        ["encode", "a.png", "b.png", "-o", __file__],
        ["encode", "-", "-o", "."],
        ["encode", "a.tif", "-o", "b.png"],
        ["decode", "a.jpg", "-o", "b.unknown"],
        ["decode", "a.jpg", "-o", "b.jpeg"],
        ["decode", "a.jpg", "--format", "jpg"],
        ["decode", "a.jpg", "--colorspace", "HSV"],
        ["psnr", "a.png"],
        ["psnr", "-", "-"],
        ["psnr", "a", "b", "--data-range", "0"],
        ["block", "a.png", "-1", "0"],
        ["block", "a.png", "0", "0", "-c", "R"],
        ["info"],
    ],
)
def test_wrong_usage_exits_with_2(capsys, arguments):
    message = usage(capsys, *arguments)
    assert message.startswith("numjpeg")
    assert message.count("\n") == 1


def test_wrong_usage_does_no_harm_to_a_terminal(capsys):
    assert "\x1b" not in usage(capsys, "encode", "a.png", "--no\x1b[31m")
    assert "\x1b" not in usage(capsys, "encode", "a.png", "--qtables", "\x1b[31m")


@pytest.mark.parametrize("command", ["encode", "decode", "psnr", "info", "block", "demo", "study"])
def test_help(capsys, command):
    with pytest.raises(SystemExit) as exit_:
        main(command, "--help")
    assert exit_.value.code == 0
    out = capsys.readouterr().out
    assert "usage: numjpeg " + command in out
    assert "Exit codes: 0" in " ".join(out.split())  # lines may break anywhere
