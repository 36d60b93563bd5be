"""``python -m numjpeg``: the command line."""

import sys

from numjpeg.tools.cli import main

if __name__ == "__main__":
    sys.exit(main())
