"""A release, from an index of its own into empty environments, by the words of the guide.

    just build && just release-trial

The commands are those of docs/guide/private-index.md, marked there by `<!-- serve -->` and the like, and the libraries
and scripts those of docs/guide/one-library.md; of both only the address is another one. Home and caches are empty. Each
library gets an environment of its own, and its script reads what the scripts before it wrote. Exits with 1 where a
command or a script fails, or where an environment holds more of dougpt than its library and dougpt-schema.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs" / "guide"
INPUTS = ROOT / "examples" / "recordings" / "text-01"
BLOCK = r"```{kind}\n(.*?)^```"
ADDRESSES = ("http://127.0.0.1:8080/", "https://packages.example.org/")
# The interpreter of `python -m uv` goes before an environment that was entered: libraries would be installed there.
PARENT = "UV_INTERNAL__PARENT_INTERPRETER"
FOREIGN = ("UV_CACHE_DIR", "VIRTUAL_ENV", "PYTHONPATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", PARENT)
JUST = "uvx --from rust-just just"
PATIENCE_S = 120


@dataclass(frozen=True)
class Library:
    """A section of the page on libraries: what it installs and the script it shows."""

    name: str
    install: str
    script: str


def marked(page: str, mark: str) -> str:
    """Return the commands of the block below a mark.

    Raises:
        SystemExit: The page has no such block.
    """
    found = re.search(rf"<!-- {mark} -->\n{BLOCK.format(kind='sh')}", page, re.DOTALL | re.MULTILINE)
    return found[1] if found else sys.exit(f"private-index.md has no block marked {mark!r}")


def libraries(page: str) -> list[Library]:
    """Return the sections of a library each, in the order of the page."""
    found = []
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        install, script = (
            re.search(BLOCK.format(kind=kind), section, re.DOTALL | re.MULTILINE) for kind in ("sh", "python")
        )
        if install and script:
            found.append(Library(section.partition(":")[0], install[1], script[1]))
    return found


class Stranger:
    """Runs shell lines as somebody who has Python and uv, and nothing in the home."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.environment: Mapping[str, str] = kept | {"HOME": str(self.home), "UV_NO_PROGRESS": "1"}

    def run(self, line: str, folder: Path) -> str:
        """Return what a line prints; where it fails, everything ends with its words."""
        line = re.sub(r"\bjust ", f"{JUST} ", line)
        done = subprocess.run(
            ["bash", "-ec", line], cwd=folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{line.strip()}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextlib.contextmanager
    def serving(self, line: str, folder: Path, address: str) -> Iterator[None]:
        """Run a line that does not end, until the context is left."""
        log = folder / "index.log"
        with (
            log.open("w") as file,
            subprocess.Popen(
                ["bash", "-ec", line],
                cwd=folder,
                env=self.environment,
                stdout=file,
                stderr=file,
                start_new_session=True,
            ) as server,
        ):
            try:
                if not answers(address, server):
                    sys.exit(f"{line.strip()}\ndoes not answer at {address}\n{log.read_text()}")
                yield
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, 15)


def answers(address: str, server: "subprocess.Popen[bytes]") -> bool:
    """Whether a server answers at an address before it ends, within some time."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and server.poll() is None:
        try:
            urlopen(address, timeout=1).close()  # noqa: S310 (an address of our own, on loopback)
        except URLError:
            time.sleep(0.2)
        else:
            return True
    return False


def tried(stranger: Stranger, library: Library, folder: Path, address: str) -> str:
    """Install a library into an environment of its own, run its script, and return a line on both."""
    place = folder / library.name
    began = time.monotonic()
    stranger.run(f"uv venv --quiet --python {sys.executable} {place}", folder)
    enter = f"export VIRTUAL_ENV={place} PATH={place / 'bin'}:$PATH"
    stranger.run(f"{enter}\n{here(library.install, address)}", folder)
    installed_s = time.monotonic() - began
    packages = stranger.run(f"{enter}\nuv pip freeze --quiet", folder).split("\n")
    ours = {line.partition("==")[0] for line in packages if line.startswith("dougpt")}
    if ours != {library.name, "dougpt-schema"}:
        sys.exit(f"{library.name} alone brought {', '.join(sorted(ours))}")
    script = folder / "project" / f"{library.name.removeprefix('dougpt-')}_alone.py"
    script.write_text(library.script, encoding="utf-8")
    printed = stranger.run(f"{enter}\npython {script.name}", script.parent)
    ran_s = time.monotonic() - began - installed_s
    shutil.rmtree(place)
    first = printed.strip().splitlines()[0][:100]
    return f"{library.name}: {len(packages) - 1} packages in {installed_s:.0f} s, its script in {ran_s:.0f} s: {first}"


def here(line: str, address: str) -> str:
    """Return a line of the guide with this index's address in the place of the guide's."""
    for known in ADDRESSES:
        line = line.replace(known, address)
    return line


def main() -> None:
    """Publish what lies in dist/, install each library from there, and run its script."""
    parser = argparse.ArgumentParser(description="Publish dist/ to an index on loopback and try each library alone.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="libraries to try, such as chat media align")
    chosen = parser.parse_args()
    version = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
    if not list((ROOT / "dist").glob(f"dougpt_schema-{version}-*.whl")):
        sys.exit(f"dist/ holds nothing of version {version}: run `just build` first")
    page = (GUIDE / "private-index.md").read_text(encoding="utf-8")
    shown = libraries((GUIDE / "one-library.md").read_text(encoding="utf-8"))
    wanted = {f"dougpt-{name}" for name in chosen.only or ()}
    with tempfile.TemporaryDirectory() as place, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        folder, address = Path(place), f"http://127.0.0.1:{port}/"
        stranger = Stranger(folder)
        (folder / "project").mkdir()
        for name in ("chat.json.gz", "vod.en.json3"):
            shutil.copy(INPUTS / name, folder / "project")
        with stranger.serving(marked(page, "serve").replace("-p 8080", f"-p {port}"), folder, address):
            stranger.run(here(marked(page, "publish"), address), ROOT)
            print(f"published {len(list((folder / 'packages-here').iterdir()))} files", flush=True)
            for library in shown:
                if not wanted or library.name in wanted:
                    print(tried(stranger, library, folder, address), flush=True)


if __name__ == "__main__":
    main()
