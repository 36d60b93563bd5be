"""The command line ``numjpeg``: encode, decode, psnr, info, block, demo.

Exit codes: 0 success; 1 a file failed (a line on standard error names it, the other files are still done); 2 wrong
usage; 130 interrupted; 141 the reader of standard output went away.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

import numjpeg
from numjpeg.bitstream.frame import SUBSAMPLING
from numjpeg.decoder import Header, decode, read_header
from numjpeg.encoder import encode
from numjpeg.errors import JpegError
from numjpeg.explain import describe_block, describe_header, printable
from numjpeg.files import write_atomically
from numjpeg.metrics import mse, psnr
from numjpeg.other_formats import (
    OWN_FORMATS,
    MissingPillowError,
    Picture,
    PictureError,
    blend,
    check_format,
    parse_color,
    read_picture,
    write_picture,
)
from numjpeg.stages.color import rgb_to_ycbcr

STANDARD_STREAM = "-"
START_OF_IMAGE = b"\xff\xd8"
FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141

OTHER_EXTENSIONS = (*OWN_FORMATS, ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp")
"""Names that a JPEG file had better not have."""

FileError = (OSError, JpegError, PictureError, ValueError, TypeError, MemoryError)
"""What can be wrong with one file, its contents, or the options for it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : arguments, without the program's name; None for those of the process.

    Returns
    -------
    The exit code. (Wrong usage raises ``SystemExit(2)``, as argparse does.)
    """
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is shown as an escape instead of being an error.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except _UsageError as error:
        arguments.parser.error(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:  # of standard output: what concerns a file has been said
        # Python flushes standard output once more at its end: let that go nowhere.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        print(f"numjpeg: standard output: {_reason(error)}", file=sys.stderr)
        return FAILED
    return code


# --- what all commands share -----------------------------------------------------------------------------


class _UsageError(Exception):
    """Arguments that do not go together."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _display(name: str) -> str:
    return "standard input" if name == STANDARD_STREAM else printable(name)


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return printable(str(error) or type(error).__name__)


def _complain(name: str, error: BaseException) -> str:
    return f"numjpeg: {_display(name)}: {_reason(error)}"


class _Progress:
    """A bar on standard error while many files are done, if it is a terminal."""

    def __init__(self, count: int, shown: bool) -> None:
        self._count, self._done = count, 0
        self._shown = shown and count > 1 and sys.stderr.isatty()
        self._bar: Any = None
        if self._shown:
            with suppress(ImportError):
                self._bar = importlib.import_module("tqdm").tqdm(
                    total=count, unit="file", file=sys.stderr, leave=False
                )
            self._draw()

    def _draw(self) -> None:
        if self._shown and self._bar is None:
            print(f"\r{self._done}/{self._count} files ", end="", file=sys.stderr, flush=True)

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self._bar is not None:
            self._bar.clear()
        elif self._shown:
            print("\r" + " " * 30 + "\r", end="", file=sys.stderr)
        print(line, file=sys.stderr, flush=True)
        self._draw()

    def step(self) -> None:
        self._done += 1
        if self._bar is not None:
            self._bar.update()
        self._draw()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._shown:
            print(file=sys.stderr)


def _for_each(names: Sequence[str], work: Callable[[str], str], verbose: bool = False) -> int:
    """Do the work on each file, whatever becomes of the others; its line is printed if verbose."""
    code = 0
    progress = _Progress(len(names), shown=not verbose)
    try:
        for name in names:
            try:
                line = work(name)
            except BrokenPipeError:
                raise
            except FileError as error:
                progress.say(_complain(name, error))
                code = FAILED
            else:
                if verbose and line:
                    progress.say(line)
            progress.step()
    finally:
        progress.close()
    return code


# --- reading ---------------------------------------------------------------------------------------------


def _read_bytes(name: str) -> bytes:
    data = sys.stdin.buffer.read() if name == STANDARD_STREAM else Path(name).read_bytes()
    if not data:
        raise PictureError("the file is empty")
    return data


def _read_picture(
    name: str, background: tuple[int, int, int] | None, colorspace: str | None = None, gray: bool = False
) -> Picture:
    """A picture of any format, blended with the background if it has transparency and there is one."""
    data = _read_bytes(name)
    if data.startswith(START_OF_IMAGE):
        return _read_jpeg(data, colorspace, gray=gray)
    picture = read_picture(data)
    if background is not None and picture.pixels.dtype == np.uint8:
        picture = blend(picture, background)
    if gray and picture.pixels.dtype == np.uint8:
        picture = _to_gray(picture)
    return picture


_MODELS = {"YCbCr": "RGB", "YCCK": "CMYK"}


def _read_jpeg(data: bytes, colorspace: str | None, gray: bool = False, fancy: bool = True) -> Picture:
    header = read_header(data)
    if gray and header.colorspace in ("YCbCr", "RGB"):
        colorspace = "GRAY"
    pixels = decode(data, colorspace=colorspace, fancy_upsampling=fancy)
    model = colorspace or _MODELS.get(header.colorspace, header.colorspace)
    if pixels.ndim == 2:
        model = "GRAY"
    return Picture(pixels, model, _jpeg_metadata(header))


def _jpeg_metadata(header: Header) -> dict[str, Any]:
    found: dict[str, Any] = {"exif": header.exif, "icc_profile": header.icc_profile, "xmp": header.xmp}
    if header.density and header.density.unit:
        scale = {1: 1.0, 2: 2.54}.get(header.density.unit, 0.0)
        x, y = (round(scale * value, 2) for value in (header.density.x, header.density.y))
        if 0 < x <= 65535 and 0 < y <= 65535:
            found["dpi"] = (x, y)
    return {name: value for name, value in found.items() if value}


def _to_gray(picture: Picture) -> Picture:
    """The luminance of an RGB picture."""
    if picture.model == "YCbCr":
        return Picture(picture.pixels[..., 0], "GRAY", picture.metadata)
    if picture.model == "RGB":
        return Picture(rgb_to_ycbcr(picture.pixels)[..., 0], "GRAY", picture.metadata)
    return picture


_PROFILE_SPACES = {"GRAY": b"GRAY", "RGB": b"RGB ", "BGR": b"RGB ", "YCbCr": b"RGB ", "CMYK": b"CMYK"}


def _kept_metadata(picture: Picture, strip: bool) -> dict[str, Any]:
    """The metadata that go with the picture; an ICC profile only if it is for this colour model."""
    kept = {} if strip else dict(picture.metadata)
    profile = kept.get("icc_profile", b"")
    if profile[16:20] != _PROFILE_SPACES.get(picture.model):  # ICC.1, 7.2.6: data colour space
        kept.pop("icc_profile", None)
    return kept


def _require_8_bits(picture: Picture) -> None:
    if picture.pixels.dtype != np.uint8:
        raise PictureError(f"samples are {picture.pixels.dtype}; convert the picture to 8 bits (uint8) first")


def _require_opaque(picture: Picture) -> None:
    if picture.model in ("RGBA", "GRAYA"):
        raise PictureError(
            "the picture has transparency, which JPEG cannot store; --background COLOR (such as white) blends it"
        )


# --- writing ---------------------------------------------------------------------------------------------


def _names_directory(output: str | None) -> bool:
    return output is not None and (output.endswith(("/", os.sep)) or Path(output).is_dir())


class _Outputs:
    """Which file each input is written to."""

    def __init__(self, arguments: argparse.Namespace, extension: str) -> None:
        names, output = arguments.inputs, arguments.output
        self.extension = extension
        self.no_clobber: bool = arguments.no_clobber
        self._taken: dict[Path, str] = {}
        self._directory: Path | None = None
        self._file: str | None = output
        if STANDARD_STREAM in names and len(names) > 1:
            raise _UsageError("- (standard input) does not go together with other inputs")
        if output is None or output == STANDARD_STREAM:
            if output and len(names) > 1:
                raise _UsageError("-o -: several pictures do not go to standard output")
            return
        if len(names) > 1 or _names_directory(output):
            if STANDARD_STREAM in names:
                raise _UsageError("-o: the picture from standard input needs the name of a file")
            if Path(output).exists() and not Path(output).is_dir():
                raise _UsageError(f"-o {output}: several pictures go into a directory, and this is none")
            self._directory = Path(output)

    def target(self, name: str) -> str:
        """The path to write to, or "-"; PictureError if it must not be written."""
        if self._directory is None and self._file is not None:
            target = self._file
        elif name == STANDARD_STREAM:
            target = STANDARD_STREAM
        else:
            target = str(Path(name).with_suffix(self.extension))
            if self._directory is not None:
                self._directory.mkdir(parents=True, exist_ok=True)
                target = str(self._directory / Path(target).name)
        if target == STANDARD_STREAM:
            if sys.stdout.isatty():
                raise PictureError("a picture is not written to a terminal; -o FILE or a pipe takes it")
            return target
        path = Path(target)
        if name != STANDARD_STREAM and path.exists() and path.samefile(name):
            raise PictureError("the output would replace the input itself; -o names another file or directory")
        if self.no_clobber and path.exists():
            raise PictureError(f"{target} exists and is kept (--no-clobber)")
        place = path.resolve()
        if place in self._taken:
            raise PictureError(f"{target} is already the output of {self._taken[place]}")
        self._taken[place] = name
        return target


def _write(target: str, data: bytes) -> None:
    if target == STANDARD_STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        write_atomically(target, data)
    except OSError as error:
        raise PictureError(f"cannot write {target}: {_reason(error)}") from None


# --- encode ----------------------------------------------------------------------------------------------


def _run_encode(arguments: argparse.Namespace) -> int:
    options: dict[str, Any] = {
        "quality": arguments.quality,
        "subsampling": arguments.subsampling,
        "optimize": arguments.optimize,
        "restart_marker_blocks": arguments.restart_blocks,
        "restart_marker_rows": arguments.restart_rows,
    }
    if arguments.qtables:
        options["qtables"] = [table for file in arguments.qtables for table in _read_tables(file)]
    if arguments.comment is not None:
        options["comment"] = os.fsencode(arguments.comment)
    try:
        encode(np.zeros((1, 1, 3), np.uint8), keep_rgb=arguments.keep_rgb and not arguments.gray, **options)
    except (ValueError, TypeError) as error:
        raise _UsageError(str(error)) from None
    outputs = _Outputs(arguments, ".jpg")
    if len(arguments.inputs) == 1 and Path(arguments.output or "").suffix.lower() in OTHER_EXTENSIONS:
        raise _UsageError(f"-o {arguments.output}: encode writes JPEG files, and these are not called so")
    work = partial(_encode_file, arguments=arguments, options=options, outputs=outputs)
    return _for_each(arguments.inputs, work, arguments.verbose)


def _encode_file(name: str, arguments: argparse.Namespace, options: dict[str, Any], outputs: _Outputs) -> str:
    target = outputs.target(name)
    picture = _read_picture(name, arguments.background, gray=arguments.gray)
    _require_8_bits(picture)
    _require_opaque(picture)
    if picture.model == "raw":
        raise PictureError("two components without a known meaning cannot be encoded")
    if arguments.gray and picture.model != "GRAY":
        raise PictureError(f"--gray: {picture.model} pictures have no luminance to take")
    keep_rgb = arguments.keep_rgb and picture.model == "RGB"
    metadata = _kept_metadata(picture, arguments.strip)
    if keep_rgb:
        metadata.pop("dpi", None)  # a JFIF segment would turn the colours into YCbCr
    if picture.model == "GRAY":
        options = {**options, "subsampling": None}
    data = encode(picture.pixels, colorspace=picture.model, keep_rgb=keep_rgb, **options, **metadata)
    _write(target, data)
    pixels = picture.pixels
    rate = 8 * len(data) / (pixels.shape[0] * pixels.shape[1])
    return (
        f"{_display(name)} -> {_display_output(target)}: {picture}, {len(data):,} bytes, "
        f"{pixels.nbytes / len(data):.1f}:1, {rate:.3f} bits a pixel"
    )


def _display_output(target: str) -> str:
    return "standard output" if target == STANDARD_STREAM else printable(target)


def _read_tables(file: str) -> list[NDArray[np.int64]]:
    """Quantization tables of a text file: 64 integers each, row by row, ``#`` begins a comment (as in cjpeg)."""
    try:
        lines = _read_bytes(file).decode("ascii").splitlines()
        entries = np.array([int(word) for line in lines for word in line.partition("#")[0].split()], np.int64)
    except UnicodeDecodeError:
        raise _UsageError(f"--qtables {file}: not a text file") from None
    except (OverflowError, ValueError) as error:
        raise _UsageError(f"--qtables {file}: {error}") from None
    except (OSError, PictureError) as error:
        raise _UsageError(f"--qtables {file}: {_reason(error)}") from None
    if entries.size == 0 or entries.size % 64:
        raise _UsageError(f"--qtables {file}: {entries.size} numbers, 64 a table expected")
    return list(entries.reshape(-1, 8, 8))


# --- decode ----------------------------------------------------------------------------------------------


def _run_decode(arguments: argparse.Namespace) -> int:
    extension = ".png"
    if arguments.format is not None:
        extension = "." + arguments.format.lstrip(".").lower()
    elif len(arguments.inputs) == 1 and not _names_directory(arguments.output):
        extension = Path(arguments.output or "").suffix or extension
    with suppress(MissingPillowError):  # each file will say so
        try:
            check_format(extension)
        except PictureError as error:
            if isinstance(error, MissingPillowError):
                raise
            raise _UsageError(str(error)) from None
    outputs = _Outputs(arguments, extension)
    work = partial(_decode_file, arguments=arguments, outputs=outputs)
    return _for_each(arguments.inputs, work, arguments.verbose)


def _decode_file(name: str, arguments: argparse.Namespace, outputs: _Outputs) -> str:
    target = outputs.target(name)
    check_format(outputs.extension)
    data = _read_bytes(name)
    picture = _read_jpeg(data, arguments.colorspace, fancy=not arguments.nosmooth)
    picture.metadata = _kept_metadata(picture, arguments.strip)
    written = write_picture(picture, outputs.extension)
    _write(target, written)
    return f"{_display(name)} -> {_display_output(target)}: {picture}, {len(data):,} -> {len(written):,} bytes"


# --- psnr ------------------------------------------------------------------------------------------------

_CHANNEL_NAMES = {
    "GRAY": ("gray",),
    "GRAYA": ("gray", "alpha"),
    "RGB": ("R", "G", "B"),
    "RGBA": ("R", "G", "B", "alpha"),
    "CMYK": ("C", "M", "Y", "K"),
    "YCbCr": ("Y", "Cb", "Cr"),
}


def _run_psnr(arguments: argparse.Namespace) -> int:
    names = (arguments.reference, arguments.image)
    if names == (STANDARD_STREAM, STANDARD_STREAM):
        raise _UsageError("only one of the two can be - (standard input)")
    pictures: list[Picture] = []

    def read(name: str) -> str:
        pictures.append(_read_picture(name, arguments.background))
        return ""

    codes = [_for_each([name], read) for name in names]
    if FAILED in codes:
        return FAILED
    return _for_each([arguments.image], lambda name: _compare(pictures[0], pictures[1], arguments))


def _compare(reference: Picture, image: Picture, arguments: argparse.Namespace) -> str:
    if str(reference) != str(image):
        raise PictureError(f"{image}, but the reference is {reference}: there is nothing to compare")
    if arguments.data_range is None and image.pixels.dtype not in (np.bool_, np.uint8, np.uint16):
        raise PictureError(f"{image.pixels.dtype} samples have no range of their own: give --data-range")
    names = _CHANNEL_NAMES.get(image.model, tuple(f"channel {i + 1}" for i in range(image.pixels.shape[-1])))
    measured = partial(psnr, reference.pixels, image.pixels, data_range=arguments.data_range)
    whole = measured()
    rows = []
    if arguments.per_channel:
        each = np.atleast_1d(whole if image.pixels.ndim == 2 else measured(per_channel=True))
        rows = [(name, float(value)) for name, value in zip(names, each, strict=True)]
    if arguments.json:
        found: dict[str, Any] = {"psnr": _finite(whole), "mse": mse(reference.pixels, image.pixels)}
        if rows:
            found["channels"] = {name: _finite(value) for name, value in rows}
        print(json.dumps(found))
    elif rows:
        print("\n".join(f"{name:<6}{value:.4f} dB" for name, value in [*rows, ("all", whole)]))
    else:
        print(f"{whole:.4f} dB")
    return ""


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None


# --- info, block, demo -----------------------------------------------------------------------------------


def _run_info(arguments: argparse.Namespace) -> int:
    shown = 0

    def describe(name: str) -> str:
        nonlocal shown
        text = describe_header(_read_bytes(name))
        if len(arguments.inputs) > 1:
            print(("\n" if shown else "") + f"== {_display(name)}\n")
        print(text)
        shown += 1
        return ""

    return _for_each(arguments.inputs, describe, verbose=True)


def _read_photo(name: str, background: tuple[int, int, int] | None) -> NDArray[np.uint8]:
    """A gray or RGB picture of 8 bits."""
    picture = _read_picture(name, background)
    _require_8_bits(picture)
    _require_opaque(picture)
    if picture.model not in ("GRAY", "RGB"):
        raise PictureError(f"a gray or RGB picture is needed, and this is {picture.model}")
    return np.asarray(picture.pixels, np.uint8)


def _run_block(arguments: argparse.Namespace) -> int:
    def describe(name: str) -> str:
        image = _read_photo(name, arguments.background)
        text = describe_block(
            image,
            arguments.row,
            arguments.column,
            quality=arguments.quality,
            subsampling=arguments.subsampling if image.ndim > 2 else None,
            component=arguments.component,
        )
        print(text)
        return ""

    return _for_each([arguments.photo], describe)


def _run_demo(arguments: argparse.Namespace) -> int:
    return _for_each([arguments.photo], partial(_demonstrate, arguments=arguments))


def _demonstrate(name: str, arguments: argparse.Namespace) -> str:
    image = _read_photo(name, arguments.background)
    # Reports time and pictures are for this command only, and the pictures need Pillow.
    demo = importlib.import_module("numjpeg.demo")
    print(demo.report(image, arguments.quality, arguments.subsampling))
    print()
    sys.stdout.flush()
    try:
        pictures = importlib.import_module("numjpeg.pictures")
    except ImportError:
        raise PictureError("drawing the pictures of the stages needs Pillow (pip install pillow)") from None
    directory = Path(arguments.output)
    directory.mkdir(parents=True, exist_ok=True)
    for file, picture in pictures.stage_pictures(image, arguments.quality, arguments.subsampling).items():
        path = directory / file
        _write(str(path), pictures.to_file(file, picture))
        print(f"wrote {printable(str(path))}")
    return ""


# --- the parser ------------------------------------------------------------------------------------------


def _whole_number(text: str, low: int = 0, high: int = 65535) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"an integer is needed, not {text!r}") from None
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{value} is outside {low}..{high}")
    return value


_quality = partial(_whole_number, low=1, high=100)


def _color(text: str) -> tuple[int, int, int]:
    try:
        return parse_color(text)
    except (ValueError, PictureError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _subsampling(text: str) -> str:
    try:
        encode(np.zeros((1, 1, 3), np.uint8), subsampling=text)
    except ValueError as error:
        reason = f"{text!r} is not known; {', '.join(SUBSAMPLING)} are, or factors such as 2x1"
        if "x" in text:
            reason = str(error).removeprefix("subsampling: ")
        raise argparse.ArgumentTypeError(reason) from None
    return text


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"a positive number is needed, not {text!r}")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="numjpeg",
        description="A JPEG codec in nothing but NumPy, byte- and pixel-equal to libjpeg-turbo.",
        epilog="Exit codes: 0 success, 1 a file failed, 2 wrong usage. numjpeg COMMAND --help says more.",
    )
    parser.add_argument("--version", action="version", version=f"numjpeg {numjpeg.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_encode, _add_decode, _add_psnr, _add_info, _add_block, _add_demo):
        add(commands)
    return parser


def _add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], description: str, epilog: str = ""
) -> argparse.ArgumentParser:
    summary = description.partition(".")[0]
    summary = summary[0].lower() + summary[1:]
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=description, epilog=epilog
    )
    command.set_defaults(run=run, parser=command)
    return command


def _add_input_output(command: argparse.ArgumentParser, inputs: str, default: str) -> None:
    command.add_argument("inputs", nargs="+", metavar="INPUT", help=f"{inputs}, or - for standard input")
    command.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="file, - for standard output, or a directory (made if missing) where there are several inputs or "
        f"OUTPUT ends with /; by default {default} beside each input",
    )
    command.add_argument("-n", "--no-clobber", action="store_true", help="do not replace files that exist")
    command.add_argument("-v", "--verbose", action="store_true", help="print a line for each file")


def _add_background(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--background",
        type=_color,
        metavar="COLOR",
        help="blend transparent pictures with this colour: white, #rrggbb, or any name that Pillow knows",
    )


def _add_quality(command: argparse.ArgumentParser, default: int | None) -> None:
    command.add_argument("-q", "--quality", type=_quality, default=default, metavar="1..100", help="75 by default")
    command.add_argument(
        "-s",
        "--subsampling",
        type=_subsampling,
        default="4:2:0" if default else None,
        metavar="NAME",
        help="4:4:4, 4:2:2, 4:4:0, 4:2:0 (default), 4:1:1, 4:1:0, or factors such as 2x1; "
        "gray pictures have none to subsample",
    )


def _add_encode(commands: Any) -> None:
    command = _add_command(
        commands,
        "encode",
        _run_encode,
        "Encode pictures as baseline JPEG files. Reads JPEG, binary PPM and PGM and .npy (uint8), and with Pillow "
        "whatever Pillow reads; of an animation the first frame.",
        "EXIF data, XMP, dots an inch, and an ICC profile that fits the colours stored are carried over from the "
        "input unless --strip is given; other comments are not. EXIF orientation is kept as it is and pixels are "
        "not turned. Pictures of 16 bits or floats are refused, except where Pillow itself reads them as 8 bits.",
    )
    _add_input_output(command, "picture", "NAME.jpg")
    _add_quality(command, None)
    command.add_argument(
        "--optimize", action="store_true", help="make Huffman tables for each picture: smaller files"
    )
    command.add_argument("--gray", action="store_true", help="store the luminance only")
    command.add_argument(
        "--keep-rgb", action="store_true", help="store RGB as RGB; dots an inch are then left out"
    )
    _add_background(command)
    command.add_argument("--strip", action="store_true", help="leave out the input's metadata")
    command.add_argument("--comment", metavar="TEXT", help="store a comment")
    command.add_argument(
        "--qtables",
        action="append",
        metavar="FILE",
        help="text file with quantization tables of 64 integers, row by row (# begins a comment); may be given "
        "more than once; scaled only if --quality is given too",
    )
    restarts = command.add_mutually_exclusive_group()
    restarts.add_argument(
        "--restart-blocks", type=_whole_number, default=0, metavar="N", help="a restart marker after every N MCUs"
    )
    restarts.add_argument(
        "--restart-rows",
        type=_whole_number,
        default=0,
        metavar="N",
        help="a restart marker after every N rows of MCUs",
    )


def _add_decode(commands: Any) -> None:
    command = _add_command(
        commands,
        "decode",
        _run_decode,
        "Decode JPEG files to pictures of another format. PPM, PGM and .npy are written without Pillow, "
        "all others through it.",
        "An ICC profile that fits, EXIF data and dots an inch are carried over where the format and Pillow "
        "allow it, unless --strip is given. Pixels are not turned by the EXIF orientation. CMYK files become CMYK "
        "pictures, which .tif and .npy can hold; --colorspace RGB converts them, without a profile.",
    )
    _add_input_output(command, "JPEG file", "NAME.png")
    command.add_argument(
        "--format", metavar="NAME", help="png, tif, ppm, npy ...; by default the extension of OUTPUT, or png"
    )
    command.add_argument(
        "--colorspace",
        choices=("GRAY", "RGB", "BGR", "YCbCr", "CMYK", "raw"),
        help="what to decode to; by default what the file holds. BGR, YCbCr and raw (components as stored) "
        "go into .npy only",
    )
    command.add_argument(
        "--nosmooth", action="store_true", help="repeat chroma samples in place of the triangle filter"
    )
    command.add_argument("--strip", action="store_true", help="leave out the file's metadata")


def _add_psnr(commands: Any) -> None:
    command = _add_command(
        commands,
        "psnr",
        _run_psnr,
        "Print the peak signal-to-noise ratio of two pictures in dB. Equal pictures give inf (null in JSON).",
    )
    command.add_argument("reference", metavar="REFERENCE", help="picture of any format, or - for standard input")
    command.add_argument("image", metavar="IMAGE", help="picture of the same size and kind, or -")
    command.add_argument("--per-channel", action="store_true", help="print each channel's too")
    command.add_argument("--json", action="store_true", help="print an object with psnr, mse and channels")
    command.add_argument(
        "--data-range",
        type=_positive,
        metavar="RANGE",
        help="of the samples; by default 255 for 8 bits, 65535 for 16",
    )
    _add_background(command)


def _add_info(commands: Any) -> None:
    command = _add_command(
        commands,
        "info",
        _run_info,
        "Print what a JPEG file says about itself. Header, tables, sampling, estimated quality, and every marker "
        "with its byte offset; also of files that are not decoded (progressive, arithmetic, lossless, 12 bits).",
    )
    command.add_argument("inputs", nargs="+", metavar="INPUT", help="JPEG file, or - for standard input")


def _add_block(commands: Any) -> None:
    command = _add_command(
        commands,
        "block",
        _run_block,
        "Print every step that one 8x8 block takes from samples to bits and back. Of a JPEG file the decoded "
        "pixels are encoded anew.",
    )
    command.add_argument("photo", metavar="PHOTO", help="picture of any format, or - for standard input")
    command.add_argument("row", metavar="ROW", type=_whole_number, help="row of the block, in blocks from 0")
    command.add_argument("column", metavar="COL", type=_whole_number, help="column of the block")
    command.add_argument("-c", "--component", choices=("Y", "Cb", "Cr"), default="Y", help="Y by default")
    _add_quality(command, 75)
    _add_background(command)


def _add_demo(commands: Any) -> None:
    command = _add_command(
        commands,
        "demo",
        _run_demo,
        "Show the codec at work on a photograph. Encodes and decodes it, prints sizes, PSNR, times, and whether "
        "bytes and pixels equal Pillow's, and writes a picture of every stage.",
    )
    command.add_argument("photo", metavar="PHOTO", help="picture of any format, or - for standard input")
    command.add_argument(
        "-o", "--output", metavar="DIR", default="demo", help="directory for the pictures; ./demo by default"
    )
    _add_quality(command, 75)
    _add_background(command)
