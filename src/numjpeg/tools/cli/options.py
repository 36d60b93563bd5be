"""Values of options, and the help pages of commands: a page also defines the options of its command."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import numpy as np

from numjpeg.coefficient_files.reader import MAX_PIXELS
from numjpeg.colorspaces import canonical_name
from numjpeg.edits.regions import Region
from numjpeg.encoder import encode
from numjpeg.stages.subsampling import SUBSAMPLING
from numjpeg.tools.cli.console import emit
from numjpeg.tools.explain import printable
from numjpeg.tools.other_formats import PictureError, parse_color

EXIT_CODES = (
    "Exit codes: 0 all done; 1 a file failed, or standard output did (the other files are still done); "
    "2 wrong usage; 130 interrupted; 141 the reader of standard output went away."
)


class Parser(argparse.ArgumentParser):
    """A parser whose error messages are one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and exit with 2."""
        self.exit(2, printable(f"{self.prog}: {message} ({self.prog} --help says more)") + "\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help or version by :func:`emit`, since argparse says nothing if standard output fails."""
        if file is sys.stderr:
            super()._print_message(message, file)
        else:
            emit(message.rstrip("\n"))


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


def byte_count(text: str) -> int:
    """A number of bytes such as 50000, 50k, 1.5M or 48Ki.

    >>> byte_count("50k"), byte_count("1.5MB"), byte_count("2Ki")
    (50000, 1500000, 2048)
    """
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)(?:([km])(i?))?b?", text.strip(), re.IGNORECASE)
    value = 0
    if match:
        power = {"": 0, "k": 1, "m": 2}[(match[2] or "").lower()]
        value = int(float(match[1]) * (1024 if match[3] else 1000) ** power)
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
    """A value of ``subsampling`` that :func:`numjpeg.encode` accepts."""
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


def rectangle(text: str, pattern: str = ".*") -> Region:
    """A rectangle in pixels, in the notation of jpegtran."""
    try:
        if re.fullmatch(pattern, text):
            return Region.parse("", text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not WxH+X+Y, as in 640x480+16+32")


def file_name(text: str) -> str:
    """The name of an output, which an empty shell variable does not give."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


VALUES: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("ROW", "COL", "--restart-blocks", "--restart-rows"), whole_number),
    **dict.fromkeys(("--quality", "--requantize"), partial(whole_number, low=1, high=100)),
    **dict.fromkeys(("--bits-per-pixel", "--data-range", "--target-psnr"), positive),
    **dict.fromkeys(("--crop", "--wipe"), rectangle),
    "--background": color,
    "--colorspace": canonical_name,
    "--fit": partial(whole_number, low=1),
    "--max-pixels": pixel_count,
    "--output": file_name,
    "--point-transform": partial(whole_number, high=15),
    "--precision": partial(whole_number, low=2, high=16),
    "--predictor": partial(whole_number, low=1, high=7),
    "--region": partial(rectangle, pattern=r"\d{1,5}x\d{1,5}\+\d{1,5}\+\d{1,5}"),
    "--subsampling": subsampling,
    "--target-bytes": byte_count,
    "--workers": partial(whole_number, low=1, high=256),
}
"""Option or operand -> function that parses its value. All others stay texts."""

# --- pages -----------------------------------------------------------------------------------------------


def add_command(commands: Any, name: str, page: str) -> None:
    """Add a command. Its help page also defines its options.

    A page has up to three paragraphs: the description, whose first sentence is the summary; the options; an
    epilog. Two spaces separate an option from its help, which may continue in indented lines. ``-w, --workers
    N=1`` takes a value, 1 by default; ``--strip all|most`` takes one of these; ``--drop +X+Y FILE`` takes two
    values; ``--qtables FILE ...`` may be repeated. An option without a value is a flag. ``--restore=learned`` is a
    flag that sets ``restore`` to this value. Only one of the options after ``either`` and the ``or`` lines below
    may be given.
    """
    description, options, *epilog = page.strip().split("\n\n")
    summary = description.partition(".")[0]
    summary = summary[0].lower() + summary[1:]
    epilog.append(EXIT_CODES)
    command = group = commands.add_parser(name, help=summary, description=description, epilog=" ".join(epilog))
    for line in re.sub(r"\n +", " ", options).splitlines():
        option, _, text = line.partition("  ")
        words = [word.rstrip(",") for word in option.split()]
        if words[0] == "either":
            group = command.add_mutually_exclusive_group()
        elif words[0] != "or":
            group = command
        _add_option(group, [word for word in words if word not in ("either", "or")], text)


def _add_option(group: Any, words: list[str], text: str) -> None:
    names = [word for word in words if word.startswith("-")]
    values = words[len(names) :]
    if not values:
        name, _, constant = names[-1].removeprefix("--").replace("-", "_").partition("=")
        flag = {"dest": name, "action": "store_const", "const": constant or True, "default": False}
        group.add_argument(*names, help=text, **flag)
        return
    value, _, default = values[0].partition("=")
    read = VALUES.get(names[-1] if names else value)
    how: dict[str, Any] = {"metavar": value, "default": default or None, "type": read}
    if "|" in value:
        how |= {"choices": value.split("|"), "metavar": None}
    if values[1:] == ["..."]:
        how |= {"action": "append"} if names else {"nargs": "+"}
    elif values[1:]:
        how |= {"nargs": 2, "metavar": tuple(values)}
    group.add_argument(*names or [value.lower()], help=text, **how)


def input_options(what: str, suffixes: Sequence[str]) -> str:
    """Lines of a page for any number of input files or folders."""
    return f"""INPUT ...  {what}, - for standard input, or with -r a folder
-r, --recursive  take all files in folders that end in {" ".join(suffixes)}"""


def output_options(default: str) -> str:
    """Lines of a page for the output, and for the number of processes."""
    return f"""-o, --output OUTPUT  file, or - for standard output. It is a folder if it exists as one, ends with /
    or there are several inputs (a missing folder is made). By default {default} beside each input
either {FORCE}
or -n, --no-clobber  replace no file that exists, not even -o FILE
-v, --verbose  print a line for each file
{WORKERS}"""


FORCE = "-f, --force  replace files that exist, even if OUTPUT does not name them"
WORKERS = "-w, --workers N=1  processes; 1 by default"
PHOTO = "PHOTO  picture of any format, or - for standard input"
MAX = f"--max-pixels N={MAX_PIXELS}  refuse pictures of more pixels; {MAX_PIXELS} by default, none for no limit"
READING = f"""{MAX}
--background COLOR  blend transparent pictures with this colour: white, #rrggbb, or any name that Pillow knows"""
QUALITY = """-q, --quality 1..100  75 by default
-s, --subsampling NAME  4:4:4, 4:2:2, 4:4:0, 4:2:0 (default), 4:1:1, 4:1:0, or factors such as 2x1;
    gray pictures have no chroma to subsample"""
