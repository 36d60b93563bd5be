"""The contents of a file, and the coding of one block, described as plain text.

Nothing here reads or writes files: these functions return the text that ``numjpeg info`` and ``numjpeg block``
print, and :func:`header_as_dict` what ``numjpeg info --json`` does.
"""

from numjpeg.tools.explain.block import describe_block, describe_file_block
from numjpeg.tools.explain.file_report import describe_header, header_as_dict
from numjpeg.tools.explain.text import printable

__all__ = ["describe_block", "describe_file_block", "describe_header", "header_as_dict", "printable"]
