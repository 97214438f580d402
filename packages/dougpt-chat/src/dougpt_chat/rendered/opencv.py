"""Exactly one OpenCV: several distributions write the same `cv2` folder, and the one installed last wins, file by file.

That shows as a missing attribute or a crash far from its cause, so it is looked for before `cv2` is imported.
"""

import importlib.metadata
import importlib.util
import shlex
import sys

from dougpt_schema import DougptError, MissingExtraError

# The fullest first: it serves everybody who needs any of them.
DISTRIBUTIONS = (
    "opencv-contrib-python",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-python-headless",
)


ENGINES = ("rapidocr", "paddleocr")


class SeveralOpenCVError(DougptError):
    """More than one OpenCV distribution is installed.

    Attributes:
        installed: The distributions with their versions.
        command: What repairs the environment, as it is typed.
    """

    def __init__(self, installed: dict[str, str]) -> None:
        self.installed = installed
        self.command = repairing_command(installed)
        found = ", ".join(f"{name} {version}" for name, version in installed.items())
        super().__init__(f"{len(installed)} OpenCV distributions overwrite each other ({found}); run: {self.command}")


def require_one_opencv() -> None:
    """Make sure that importing `cv2` gives one whole OpenCV; called before anything that imports it.

    Raises:
        MissingExtraError: There is none.
        SeveralOpenCVError: There are several; the error gives the repairing command.
    """
    installed = installed_opencv()
    if not installed:
        # A checkout drops the OpenCV that each engine names (decision 3), so that one may be here without any.
        has_engine = any(importlib.util.find_spec(engine) is not None for engine in ENGINES)
        raise MissingExtraError(DISTRIBUTIONS[0] if has_engine else "dougpt-chat[ocr]", "reading chat from the picture")
    if len(installed) > 1:
        raise SeveralOpenCVError(installed)


def installed_opencv() -> dict[str, str]:
    """Return the installed OpenCV distributions with their versions, the fullest first."""
    found: dict[str, str] = {}
    for name in DISTRIBUTIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def repairing_command(installed: dict[str, str]) -> str:
    """Return the shell command that leaves the first of `installed` alone and whole.

    All of them go first: taking out one alone would take files of the other along.
    """
    kept, version = next(iter(installed.items()))
    python = shlex.quote(sys.executable)
    names = " ".join(installed)
    if importlib.util.find_spec("pip") is None:
        return (
            f"uv pip uninstall --python {python} {names} && "
            f"uv pip install --python {python} --no-deps {kept}=={version}"
        )
    return f"{python} -m pip uninstall -y {names} && {python} -m pip install --no-deps {kept}=={version}"
