"""Installs what was built into empty environments, as a user would, and looks whether it stands.

    uv run python scripts/check_release.py dist

All wheels together, then each alone beside the siblings that it declares: `uv pip check`, every import, exact
sibling pins, no other dougpt package loaded by an import, `dougpt --help` of the app. The bill of materials must be
what the lock gives, and name every package that a wheel asks for. Exits with 1 at the first thing that does not hold.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from sbom import name_of, sbom

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


def metadata(wheel: Path) -> Message:
    """Return the METADATA of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(entry for entry in archive.namelist() if entry.endswith(".dist-info/METADATA"))
        if not any(entry.endswith("licenses/LICENSE") for entry in archive.namelist()):
            sys.exit(f"{wheel.name} holds no licence")
        return HeaderParser().parsestr(archive.read(name).decode())


def check_sbom(path: Path, version: str, found: Iterable[Message]) -> None:
    """Stop where the bill of materials is missing, another one, tells of a machine, or lacks a package."""
    if not path.is_file() or (content := path.read_bytes()) != sbom(version):
        sys.exit(f"{path}: not what scripts/sbom.py writes of this lock")
    if b"://" in content or b"timestamp" in content or b"serialNumber" in content:
        sys.exit(f"{path}: holds an address, a time or a number that is another one each time")
    listed = {component["name"] for component in json.loads(content)["components"]}
    asked = {
        re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-").replace(".", "-")
        for facts in found
        for requirement in (*facts.get_all("Requires-Dist", []), facts["Name"])
    }
    if missing := asked - listed:
        sys.exit(f"{path}: does not list {', '.join(sorted(missing))}")
    print(f"{path.name}: {len(listed)} packages")


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
    check_sbom(dist / name_of(next(iter(versions))), next(iter(versions)), found.values())
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
