"""``numjpeg optimize``: JPEG files made smaller in place, without loss."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import Any

from numjpeg.edits.smaller import STRIPS, optimize
from numjpeg.tools.cli.console import STANDARD_STREAM, UsageError, display, for_each
from numjpeg.tools.cli.inputs import JPEG_SUFFIXES, Source, find_sources, read_bytes
from numjpeg.tools.cli.options import add_command, add_inputs, add_workers
from numjpeg.tools.cli.outputs import write


def add_optimize(commands: Any) -> None:
    """Its options."""
    command = add_command(
        commands,
        "optimize",
        "Make JPEG files smaller, in place, without loss. Each gets Huffman tables of its own. A line for each "
        "says what that saved.",
        "Before a file is replaced, in one step, the old and the new one are decoded and all samples compared. It "
        "never becomes larger, and keeps its dates and permissions.",
    )
    add_inputs(command, "JPEG file", f"that end in {' '.join(JPEG_SUFFIXES)}")
    command.add_argument(
        "--progressive",
        action="store_true",
        help="write progressive files, with the scans that cost least, where that is smaller",
    )
    command.add_argument(
        "--strip",
        choices=STRIPS,
        help="leave out all metadata, or most of them: all but the ICC profile and the orientation",
    )
    add_workers(command)


def run_optimize(arguments: argparse.Namespace) -> int:
    """Optimize, and give the exit code."""
    if STANDARD_STREAM in arguments.inputs:
        raise UsageError("- (standard input) cannot be replaced; name files")
    sources = find_sources(arguments.inputs, arguments.recursive, JPEG_SUFFIXES)
    return for_each(
        [source.name for source in sources],
        partial(_optimize_file, progressive=arguments.progressive, strip=arguments.strip),
        items=sources,
        verbose=True,
        workers=arguments.workers,
        progress=True,
    )


def _optimize_file(source: Source, progressive: bool, strip: str | None) -> str:
    if source.error:
        raise source.error
    name = source.name
    status = Path(name).stat()
    data = read_bytes(name)
    smaller = optimize(data, progressive=progressive, strip=strip)
    if smaller == data:
        return f"{display(name)}: {len(data):,} bytes, nothing to save"
    write(name, smaller)
    os.utime(name, ns=(status.st_atime_ns, status.st_mtime_ns))
    part = 100 * (1 - len(smaller) / len(data))
    return f"{display(name)}: {len(data):,} -> {len(smaller):,} bytes, {part:.1f} % saved"
