"""The command line ``numjpeg``: encode, decode, psnr, info, block, demo.

Exit codes: 0 success; 1 a file failed (a line on standard error names it, the other files are still done); 2 wrong
usage; 130 interrupted; 141 the reader of standard output went away.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from numjpeg.tools.cli.console import BROKEN_PIPE, FAILED, INTERRUPTED, UsageError, reason
from numjpeg.tools.cli.parser import build_parser

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : arguments, without the program's name; None for those of the process.

    Returns
    -------
    The exit code. (Wrong usage raises ``SystemExit(2)``, as argparse does.)
    """
    arguments = build_parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is shown as an escape instead of being an error.
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except UsageError as error:
        arguments.parser.error(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:  # of standard output: what concerns a file has been said
        # Python flushes standard output once more at its end: let that go nowhere.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return BROKEN_PIPE
        print(f"numjpeg: standard output: {reason(error)}", file=sys.stderr)
        return FAILED
    return code
