"""The package index's page: the README, with links that lead somewhere from there.

The README names pictures and files by their place in the repository. An index has no repository, so the build
turns these links into addresses below one that pyproject.toml names (``tool.hatch.metadata.hooks.custom``): a
folder in which everybody can read this version's files. As long as that is empty, the page gives the words of such
a link without the link, and no picture is broken.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|mailto:|#)([^)]+)\)")
"""A picture or a link of Markdown whose target is a file of the repository."""


def index_page(readme: str, address: str) -> str:
    """The README with its relative links below ``address``, or without them if that is empty."""
    if address and not address.endswith("/"):
        address += "/"
    if address:
        return LINK.sub(rf"\1[\2]({address}\3)", readme)
    return LINK.sub(lambda link: f"*{link[2]}*" if link[1] else link[2], readme)


class IndexPage(MetadataHookInterface):
    """Gives the distributions their long description."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by the build."""
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        text = index_page(readme, self.config.get("address", ""))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
