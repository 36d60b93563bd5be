"""``python -m numjpeg.tools.pictures``: draw all of ``pic/``."""

from numjpeg.tools.pictures.gallery import main

if __name__ == "__main__":
    raise SystemExit(main())
