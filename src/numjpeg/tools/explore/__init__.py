"""A file as a page in which one clicks a block and sees its way from bits to samples (``numjpeg explore``)."""

from numjpeg.tools.explore.page import explore_page

__all__ = ["explore_page"]
