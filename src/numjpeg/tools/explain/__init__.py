"""What a file says, and what happens to one block, as plain text.

Nothing here reads or writes anything: :func:`describe_header` and :func:`describe_block` return the text that
``numjpeg info`` and ``numjpeg block`` print.
"""

from numjpeg.tools.explain.block import describe_block
from numjpeg.tools.explain.file_report import describe_header
from numjpeg.tools.explain.text import printable

__all__ = ["describe_block", "describe_header", "printable"]
