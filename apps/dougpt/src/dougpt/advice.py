"""Commands that errors and results recommend: as they work when they are pasted where the last one was given."""

import os
import shlex
from pathlib import Path

VARIABLE = "DOUGPT_WORKSPACE"


def advice(root: Path, command: str, *words: str) -> str:
    """Return `dougpt COMMAND WORDS` for the workspace at `root`, which is named unless it is the default one."""
    default = Path(os.environ.get(VARIABLE) or ".")
    whose = [] if root.resolve() == default.resolve() else ["--workspace", str(root)]
    return " ".join(["dougpt", command, *(shlex.quote(word) for word in (*words, *whose))])
