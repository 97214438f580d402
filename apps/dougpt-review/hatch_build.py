"""One version for every package, and siblings pinned to exactly it.

Each package links to this file. Its pyproject.toml lists dependencies under this hook, siblings by
bare name (`dougpt-schema`, `dougpt-media[pocketsphinx]`); building from the repository writes the
version of VERSION into the metadata and behind every sibling. In an unpacked sdist the fields stand
in PKG-INFO already, and there is nothing left to do.
"""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

SIBLING = re.compile(r"^dougpt(-[a-z]+)?(\[[^]]*\])?$")


class OneVersion(MetadataHookInterface):
    """Fills `version`, `dependencies` and `optional-dependencies` of a dougpt package."""

    def update(self, metadata: dict) -> None:
        """Write the fields into `metadata`, unless an sdist holds them already."""
        source = Path(self.root).resolve().parents[1] / "VERSION"
        if "version" not in metadata.get("dynamic", []):
            return
        version = source.read_text(encoding="utf-8").strip()
        metadata["version"] = version
        metadata["dependencies"] = _pinned(self.config["dependencies"], version)
        metadata["optional-dependencies"] = {
            extra: _pinned(names, version) for extra, names in self.config.get("optional-dependencies", {}).items()
        }


def _pinned(requirements: list[str], version: str) -> list[str]:
    return [f"{name}=={version}" if SIBLING.match(name) else name for name in requirements]
