"""The command that installs something optional where this Python runs: a checkout, uv's environment, or pip's."""

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit


def install_command(requirement: str) -> str:
    """Return the command that installs `requirement`, such as `dougpt-media[whisperx]`, into this environment.

    In a checkout's own environment the versions of our packages' extras are those of its lock, and what is installed
    beside stays. An environment that uv made has no pip.
    """
    root = _checkout()
    if root is not None and requirement.startswith("dougpt"):
        name, _, extra = requirement.rstrip("]").partition("[")
        where = [] if Path.cwd().is_relative_to(root) else ["--project", str(root)]
        chosen = ["--extra", extra] if extra else []
        return shlex.join(["uv", "sync", "--inexact", *where, "--package", name, *chosen])
    return f"{pip()} install {shlex.quote(requirement)}"


def pip() -> str:
    """Return what installs into this environment: `pip`, or `uv pip` where there is none."""
    return "pip" if find_spec("pip") is not None else "uv pip"


def _checkout() -> Path | None:
    """Return the checkout in whose own environment this runs: it holds both, this package and the environment."""
    try:
        told = json.loads(distribution("dougpt-schema").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return None
    if not told.get("dir_info", {}).get("editable"):
        return None
    root = Path(unquote(urlsplit(told["url"]).path)).resolve().parents[1]
    is_its_own = (root / "uv.lock").is_file() and Path(sys.prefix).resolve().is_relative_to(root)
    return root if is_its_own else None
