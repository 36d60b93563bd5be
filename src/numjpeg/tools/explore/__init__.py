"""An HTML page of a file. A click on a block shows its steps from bits to samples (``numjpeg explore``)."""

from numjpeg.tools.explore.page import explore_page

__all__ = ["explore_page"]
