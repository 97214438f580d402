"""Installs what was built into empty environments, as a user would, and looks whether it stands.

    uv run python scripts/check_release.py dist

All wheels together, then each alone beside the siblings that it declares: `uv pip check`, every import, exact
sibling pins, no other dougpt package loaded by an import, `dougpt --help` of the app. Exits with 1 at the first
thing that does not hold.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

ALONE = """
import sys, {module}
loaded = {{name.split(".")[0] for name in sys.modules if name.startswith("dougpt")}}
sys.exit(0 if loaded <= {{"{module}", "dougpt_schema"}} else f"importing {module} loaded {{sorted(loaded)}}")
"""


def run(*command: str | Path) -> None:
    """Run a command and stop with its output where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(str(part) for part in command)}\n{done.stdout}{done.stderr}")


def environment(folder: Path, *wheels: str | Path, find_links: Path) -> Path:
    """Return the Python of a new environment that holds `wheels` and what they declare."""
    run("uv", "venv", "--quiet", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    run("uv", "pip", "install", "--quiet", "--python", python, "--find-links", find_links, *wheels)
    run("uv", "pip", "check", "--quiet", "--python", python)
    return python


def metadata(wheel: Path) -> HeaderParser:
    """Return the METADATA of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
        if not any(entry.endswith("licenses/LICENSE") for entry in archive.namelist()):
            sys.exit(f"{wheel.name} holds no licence")
        return HeaderParser().parsestr(archive.read(name).decode())


def main(dist: Path) -> None:
    """Check every wheel and sdist of `dist`."""
    wheels = sorted(dist.glob("*.whl"))
    sdists = sorted(dist.glob("*.tar.gz"))
    if len(wheels) != len(sdists) or not wheels:
        sys.exit(f"{dist}: {len(wheels)} wheels and {len(sdists)} sdists; run `just build`")
    found = {wheel: metadata(wheel) for wheel in wheels}
    versions = {facts["Version"] for facts in found.values()}
    if len(versions) != 1:
        sys.exit(f"several versions: {sorted(versions)}")
    for wheel, facts in found.items():
        for requirement in facts.get_all("Requires-Dist", []):
            if re.match(r"dougpt", requirement) and f"=={next(iter(versions))}" not in requirement:
                sys.exit(f"{wheel.name} requires {requirement}, which is not pinned to {versions}")
    with tempfile.TemporaryDirectory() as place:
        together = environment(Path(place) / "together", *wheels, find_links=dist)
        for facts in found.values():
            run(together, "-c", f"import {facts['Name'].replace('-', '_')}")
        run(together.parent / "dougpt", "--help")
        print(f"together: {len(wheels)} wheels of version {versions.pop()} stand")
        for facts in found.values():
            name = facts["Name"]
            python = environment(Path(place) / name, f"{name}=={facts['Version']}", find_links=dist)
            run(python, "-c", ALONE.format(module=name.replace("-", "_"))) if name != "dougpt" else run(
                python.parent / "dougpt", "--help"
            )
            print(f"alone: {name} stands")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
