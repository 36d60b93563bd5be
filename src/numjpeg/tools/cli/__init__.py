"""The command line ``numjpeg``: encode, decode, transform, optimize, psnr, info, explore, block, demo, study.

Each file that fails is named in a line on standard error. ``options.EXIT_CODES`` explains the exit codes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import numjpeg
from numjpeg.tools.cli import decode_command, edit_commands, encode_command, report_commands, study_command
from numjpeg.tools.cli.console import BROKEN_PIPE, FAILED, INTERRUPTED, OutputError, UsageError, complain
from numjpeg.tools.cli.options import EXIT_CODES, Parser, add_command

__all__ = ["main"]

_COMMANDS = {
    "encode": (encode_command.ENCODE_PAGE, encode_command.run_encode),
    "decode": (decode_command.DECODE_PAGE, decode_command.run_decode),
    "transform": (edit_commands.TRANSFORM_PAGE, edit_commands.run_transform),
    "optimize": (edit_commands.OPTIMIZE_PAGE, edit_commands.run_optimize),
    "psnr": (report_commands.PSNR_PAGE, report_commands.run_psnr),
    "info": (report_commands.INFO_PAGE, report_commands.run_info),
    "explore": (report_commands.EXPLORE_PAGE, report_commands.run_explore),
    "block": (report_commands.BLOCK_PAGE, report_commands.run_block),
    "demo": (report_commands.DEMO_PAGE, report_commands.run_demo),
    "study": (study_command.STUDY_PAGE, study_command.run_study),
}
"""Name -> (help page, which also defines the options; function that runs the command)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code. Wrong usage raises ``SystemExit(2)``, as in argparse.

    ``argv`` are the arguments without the name of the program; None takes those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is shown as an escape instead of being an error.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        name, parser, arguments = _parse(list(sys.argv[1:] if argv is None else argv))
        return _COMMANDS[name][1](arguments)
    except UsageError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputError as error:
        # Python flushes standard output once more when it ends: that must not fail again.
        with suppress(AttributeError, OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error.__cause__, BrokenPipeError):
            return BROKEN_PIPE
        complain(f"numjpeg: standard output: {error}")
        return FAILED


def _parse(words: list[str]) -> tuple[str, argparse.ArgumentParser, argparse.Namespace]:
    """The name of the command, its parser, and its arguments. Options may stand between inputs."""
    parser = Parser(
        prog="numjpeg",
        description="A JPEG codec in nothing but NumPy, byte- and pixel-equal to libjpeg-turbo.",
        epilog=f"{EXIT_CODES} numjpeg COMMAND --help says more.",
    )
    parser.add_argument("--version", action="version", version=f"numjpeg {numjpeg.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (page, _) in _COMMANDS.items():
        add_command(commands, name, page)
    name, *rest = words or [""]
    if name not in _COMMANDS:
        parser.parse_args(words)  # exits: help, version, or an error
        parser.error("a command is needed first")
    command = commands.choices[name]
    # argparse allows options between inputs only if a command is parsed by itself and there is no "--".
    parse = command.parse_args if "--" in rest else command.parse_intermixed_args
    return name, command, parse(rest)
