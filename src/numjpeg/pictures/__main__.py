"""``python -m numjpeg.pictures``: draw all of ``pic/`` anew."""

from numjpeg.pictures.gallery import main

if __name__ == "__main__":
    raise SystemExit(main())
