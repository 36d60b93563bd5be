"""The command line as a process: pipes, terminals, exit codes, messages."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import (
    ENVIRONMENT,
    decibels,
    main,
    photo,
    pillow_jpeg,
    pixels,
    run,
)
from PIL import Image

import numjpeg
from numjpeg.tools.cli import console, inputs


def test_names_do_no_harm_to_a_terminal(tmp_path, capsys):
    name = tmp_path / "\x1b[31mred.png"
    Image.fromarray(photo()).save(name)
    assert main("encode", name, tmp_path / "\x1b[2Jnone.png", "-v") == 1
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert r"\x1b[31mred.png" in err
    assert r"\x1b[2Jnone.png" in err


def test_interrupt_is_quiet(png, monkeypatch, capsys):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numjpeg.tools.cli.inputs.read_picture", interrupt)
    assert main("encode", png) == 130
    assert capsys.readouterr() == ("", "")


def test_version():
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"numjpeg {numjpeg.__version__}\n".encode())


def test_pipes(png):
    encoded = run("encode", "-", "-q", "80", input=png.read_bytes())
    assert (encoded.returncode, encoded.stderr) == (0, b"")
    assert encoded.stdout == pillow_jpeg(photo(), quality=80)
    decoded = run("decode", "-", "--format", "ppm", input=encoded.stdout)
    np.testing.assert_array_equal(pixels(decoded.stdout), pixels(encoded.stdout))
    measured = run("psnr", png, "-", input=decoded.stdout)
    assert measured.stdout.decode() == f"{decibels(photo(), pixels(encoded.stdout)):.4f} dB\n"


def test_standard_input_that_fails():
    result = run("decode", "-", input=b"nothing")
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"numjpeg: standard input: not a JPEG file")
    assert result.stderr.count(b"\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="shells of POSIX")
def test_standard_input_that_is_closed():
    words = ["sh", "-c", '"$@" <&-', "sh", sys.executable, "-m", "numjpeg", "decode", "-"]
    closed = subprocess.run(words, capture_output=True, env=ENVIRONMENT, check=False)
    assert (closed.returncode, closed.stderr) == (1, b"numjpeg: standard input: it is closed\n")


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked there")
def test_a_worker_that_dies(tmp_path):
    """The files that were not done are named, each by a line."""
    names = [str(tmp_path / f"{i}.ppm") for i in range(9)]
    for name in names:
        Image.fromarray(photo()).save(name)
    program = (
        "import os, sys\n"
        "from numjpeg.tools import cli\n"
        "from numjpeg.tools.cli import inputs\n"
        "caller, read = os.getpid(), inputs.read_picture\n"
        "inputs.read_picture = lambda *a: read(*a) if os.getpid() == caller else os._exit(9)\n"
        "sys.exit(cli.main(['encode', '-w', '2', *sys.argv[1:]]))\n"
    )
    words = [sys.executable, "-c", program, *names]
    done = subprocess.run(words, capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    assert done.returncode == 1
    lines = done.stderr.decode().splitlines()
    assert [line.split(": ")[1] for line in lines] == names
    assert all("a worker died" in line for line in lines)


def test_a_reader_that_goes_away(jpg):
    with subprocess.Popen(
        [sys.executable, "-m", "numjpeg", "info", *[str(jpg)] * 300],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


def test_standard_error_that_is_full_stops_nothing(png, tmp_path, monkeypatch):
    class Full(io.StringIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stderr", Full())
    for names, code in (([png], 0), ([tmp_path / "none.png", png], 1)):
        assert main("encode", "-v", *names, "-o", f"{tmp_path}/out{code}/") == code
        assert (tmp_path / f"out{code}" / "photo.jpg").read_bytes() == pillow_jpeg(photo())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_standard_output_that_is_full(jpg):
    for arguments in (["info", str(jpg)], ["decode", str(jpg), "-o", "-"], ["--help"]):
        command = [sys.executable, "-m", "numjpeg", *arguments]
        with Path("/dev/full").open("wb") as full:
            result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
        assert result.returncode == 1
        assert result.stderr.endswith(b": No space left on device\n")
        assert result.stderr.count(b"\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_there_is_progress_and_no_binary(png, jpg, tmp_path):
    import pty  # noqa: PLC0415 - not on every platform
    import termios  # noqa: PLC0415

    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    command = [sys.executable, "-m", "numjpeg"]
    refused = subprocess.run(
        [*command, "encode", "-o", "-", str(png)],
        stdout=slave,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        check=False,
    )
    assert refused.returncode == 1
    assert b"terminal" in refused.stderr
    many = [*command, "encode", str(png), str(jpg), "-o", str(tmp_path / "out")]
    assert subprocess.run(many, stderr=slave, env=ENVIRONMENT, check=False).returncode == 0
    os.close(slave)
    assert b"2/2" in os.read(master, 10_000)
    os.close(master)


@pytest.mark.skipif(os.name != "posix", reason="shells of POSIX")
@pytest.mark.usual("decode")
@pytest.mark.parametrize(
    "arguments",
    [["info"], ["decode", "-o", "-"], ["block", "0", "0"], ["psnr", "--help"]],
    ids=["info", "decode", "block", "help"],
)
def test_standard_output_that_is_closed_is_blamed_itself(jpg, arguments):
    command, *rest = arguments
    words = [sys.executable, "-m", "numjpeg", command, *([] if "--help" in rest else [str(jpg)]), *rest]
    closed = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *words], stderr=subprocess.PIPE, env=ENVIRONMENT, check=False
    )
    assert (closed.returncode, closed.stderr) == (1, b"numjpeg: standard output: it is closed\n")


def test_one_long_file_shows_its_seconds_on_a_terminal(png, monkeypatch, capsys):
    """The clock is made to tick every 10 ms, and the file to take 0.2 s."""
    before = set(threading.enumerate())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(console, "TICK", 0.01)
    read = inputs.read_picture
    monkeypatch.setattr(inputs, "read_picture", lambda *arguments: (time.sleep(0.2), read(*arguments))[1])
    assert main("encode", png) == 0
    err = capsys.readouterr().err
    assert err.count(f"\r{png}: 0 s") >= 2
    assert err.endswith("\r")  # and the line is empty again
    assert set(threading.enumerate()) <= before


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_interrupt_among_workers_is_quiet_and_quick(tmp_path):
    names = [tmp_path / f"{i}.ppm" for i in range(40)]
    for name in names:
        Image.fromarray(photo(150, 200)).save(name)
    command = [sys.executable, "-m", "numjpeg", "encode", "--tune", "psnr", "-v", "-w", "2", *map(str, names)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True) as process:
        assert process.stderr
        assert b"0.jpg" in process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all of them
        assert process.wait(30) == 130
        assert b"Traceback" not in process.stderr.read()
    assert len(list(tmp_path.glob("*.jpg"))) < 40
    assert not list(tmp_path.glob(".*"))
