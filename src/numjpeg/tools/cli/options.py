"""Values of options, and the options that several commands share."""

from __future__ import annotations

import argparse
import math
import re
from functools import partial
from typing import Any, NoReturn

import numpy as np

from numjpeg.coefficient_files.reader import MAX_PIXELS
from numjpeg.encoder import encode
from numjpeg.stages.subsampling import SUBSAMPLING
from numjpeg.tools.explain import printable
from numjpeg.tools.other_formats import PictureError, parse_color

EXIT_CODES = (
    "Exit codes: 0 all done; 1 a file failed, or standard output did (the other files are still done); "
    "2 wrong usage; 130 interrupted; 141 the reader of standard output went away."
)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and exit with 2."""
        self.exit(2, printable(f"{self.prog}: {message} ({self.prog} --help says more)") + "\n")


# --- values ----------------------------------------------------------------------------------------------


def whole_number(text: str, low: int = 0, high: int = 65535) -> int:
    """An integer in a range."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"an integer is needed, not {text!r}") from None
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{value} is outside {low}..{high}")
    return value


quality = partial(whole_number, low=1, high=100)
worker_count = partial(whole_number, low=1, high=256)


def byte_count(text: str) -> int:
    """A number of bytes such as 50000, 50k, 1.5M or 48Ki.

    >>> byte_count("50k"), byte_count("1.5MB"), byte_count("2Ki")
    (50000, 1500000, 2048)
    """
    found = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)(?:([km])(i?))?b?", text.strip(), re.IGNORECASE)
    value = 0
    if found:
        power = {"": 0, "k": 1, "m": 2}[(found[2] or "").lower()]
        value = int(float(found[1]) * (1024 if found[3] else 1000) ** power)
    if value < 1:
        raise argparse.ArgumentTypeError(f"a number of bytes such as 50000, 50k or 2M is needed, not {text!r}")
    return value


def pixel_count(text: str) -> int | None:
    """A number of pixels; None for "none"."""
    return None if text.lower() == "none" else whole_number(text, 1, 2**62)


def color(text: str) -> tuple[int, int, int]:
    """Red, green and blue."""
    try:
        return parse_color(text)
    except (ValueError, PictureError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def subsampling(text: str) -> str:
    """What :func:`numjpeg.encode` takes."""
    try:
        encode(np.zeros((1, 1, 3), np.uint8), subsampling=text)
    except ValueError as error:
        reason = f"{text!r} is not known; {', '.join(SUBSAMPLING)} are, or factors such as 2x1"
        if "x" in text:
            reason = str(error).removeprefix("subsampling: ")
        raise argparse.ArgumentTypeError(reason) from None
    return text


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"a positive number is needed, not {text!r}")
    return value


# --- options ---------------------------------------------------------------------------------------------


def add_command(commands: Any, name: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """A command; its summary is the first sentence of the description."""
    summary = description.partition(".")[0]
    summary = summary[0].lower() + summary[1:]
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=description, epilog=f"{epilog} {EXIT_CODES}".strip()
    )
    return command


def add_inputs(command: argparse.ArgumentParser, what: str, in_folders: str) -> None:
    """Any number of files or folders."""
    command.add_argument(
        "inputs", nargs="+", metavar="INPUT", help=f"{what}, - for standard input, or with -r a folder"
    )
    command.add_argument("-r", "--recursive", action="store_true", help=f"of folders take all files {in_folders}")


def add_output(command: argparse.ArgumentParser, default: str) -> None:
    """Where files go, and how many at a time are made."""
    command.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="file, or - for standard output; or a folder if it is there, ends with / or there are several inputs "
        f"(it is made where it is missing). By default {default} beside each input",
    )
    existing = command.add_mutually_exclusive_group()
    add_force(existing)
    existing.add_argument(
        "-n", "--no-clobber", action="store_true", help="keep every file that exists, -o FILE too"
    )
    command.add_argument("-v", "--verbose", action="store_true", help="print a line for each file")
    add_workers(command)


def add_workers(command: argparse.ArgumentParser) -> None:
    """-w."""
    command.add_argument(
        "-w", "--workers", type=worker_count, default=1, metavar="N", help="processes; 1 by default"
    )


def add_force(command: Any) -> None:
    """-f."""
    command.add_argument(
        "-f", "--force", action="store_true", help="replace files that exist, though OUTPUT does not name them"
    )


def add_reading(command: argparse.ArgumentParser, background: bool = True) -> None:
    """How pictures are read."""
    command.add_argument(
        "--max-pixels",
        type=pixel_count,
        default=MAX_PIXELS,
        metavar="N",
        help=f"refuse pictures of more pixels; {MAX_PIXELS} by default, none for no limit",
    )
    if background:
        command.add_argument(
            "--background",
            type=color,
            metavar="COLOR",
            help="blend transparent pictures with this colour: white, #rrggbb, or any name that Pillow knows",
        )


def add_quality(command: argparse.ArgumentParser) -> None:
    """-q and -s, None where they are not given."""
    command.add_argument("-q", "--quality", type=quality, metavar="1..100", help="75 by default")
    command.add_argument(
        "-s",
        "--subsampling",
        type=subsampling,
        metavar="NAME",
        help="4:4:4, 4:2:2, 4:4:0, 4:2:0 (default), 4:1:1, 4:1:0, or factors such as 2x1; "
        "gray pictures have none to subsample",
    )
