"""The command line ``numjpeg``: encode, decode, transform, optimize, psnr, info, explore, block, demo, study.

Exit codes: 0 success; 1 a file failed (a line on standard error names it, the other files are still done); 2 wrong
usage; 130 interrupted; 141 the reader of standard output went away.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import numjpeg
from numjpeg.tools.cli import (
    decode_command,
    encode_command,
    explore_command,
    optimize_command,
    psnr_command,
    report_commands,
    study_command,
    transform_command,
)
from numjpeg.tools.cli.console import BROKEN_PIPE, FAILED, INTERRUPTED, OutputError, UsageError, complain
from numjpeg.tools.cli.options import EXIT_CODES, Parser

__all__ = ["main"]

_COMMANDS = {
    "encode": (encode_command.add_encode, encode_command.run_encode),
    "decode": (decode_command.add_decode, decode_command.run_decode),
    "transform": (transform_command.add_transform, transform_command.run_transform),
    "optimize": (optimize_command.add_optimize, optimize_command.run_optimize),
    "psnr": (psnr_command.add_psnr, psnr_command.run_psnr),
    "info": (report_commands.add_info, report_commands.run_info),
    "explore": (explore_command.add_explore, explore_command.run_explore),
    "block": (report_commands.add_block, report_commands.run_block),
    "demo": (report_commands.add_demo, report_commands.run_demo),
    "study": (study_command.add_study, study_command.run_study),
}
"""Name -> (what adds its options, what runs it)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : arguments, without the program's name; None for those of the process.

    Returns
    -------
    The exit code. (Wrong usage raises ``SystemExit(2)``, as argparse does.)
    """
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is shown as an escape instead of being an error.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    name, parser, arguments = _parse(list(sys.argv[1:] if argv is None else argv))
    try:
        return _COMMANDS[name][1](arguments)
    except UsageError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputError as error:
        # Python flushes standard output once more at its end: let that go nowhere.
        with suppress(AttributeError, OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error.__cause__, BrokenPipeError):
            return BROKEN_PIPE
        complain(f"numjpeg: standard output: {error}")
        return FAILED


def _parse(words: list[str]) -> tuple[str, argparse.ArgumentParser, argparse.Namespace]:
    """The command's name, its parser, and its arguments, in which options may stand between inputs."""
    parser = Parser(
        prog="numjpeg",
        description="A JPEG codec in nothing but NumPy, byte- and pixel-equal to libjpeg-turbo.",
        epilog=f"{EXIT_CODES} numjpeg COMMAND --help says more.",
    )
    parser.add_argument("--version", action="version", version=f"numjpeg {numjpeg.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add, _ in _COMMANDS.values():
        add(commands)
    name, *rest = words or [""]
    if name not in _COMMANDS:
        parser.parse_args(words)  # exits: help, version, or an error
        parser.error("a command is needed first")
    command = commands.choices[name]
    # argparse takes inputs from between options only where a command is parsed by itself, and without "--".
    parse = command.parse_args if "--" in rest else command.parse_intermixed_args
    return name, command, parse(rest)
