"""Writes what a release is made of: every package of the lock, as CycloneDX.

    uv run python scripts/sbom.py dist

The file is decided by the lock and the version: no time, no serial number and no address of an index is in it, so that
whoever builds again gets the same bytes. All extras are in it; development tools are not.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SYNTHETIC = "dougpt-workspace"


def name_of(version: str) -> str:
    """Return the name of the file of a release."""
    return f"dougpt-{version}.cdx.json"


def sbom(version: str) -> bytes:
    """Return the bill of materials of this lock."""
    command = ["uv", "export", "--quiet", "--frozen", "--format", "cyclonedx1.5", "--all-packages", "--all-extras"]
    done = subprocess.run([*command, "--no-dev"], cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    refs = {one["bom-ref"]: _ref(one, version) for one in told["components"]}
    components = [_component(one, version) for one in told["components"] if one["name"] != SYNTHETIC]
    edges = [
        {"ref": refs[edge["ref"]], "dependsOn": sorted(refs[one] for one in edge.get("dependsOn", ()))}
        for edge in told["dependencies"]
        if edge["ref"] in refs and not refs[edge["ref"]].startswith(f"{SYNTHETIC}@")
    ]
    root = {"type": "application", "bom-ref": "dougpt-release", "name": "dougpt", "version": version}
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": told["specVersion"],
        "version": 1,
        "metadata": {"component": root},
        "components": sorted(components, key=lambda one: (one["name"], one["version"])),
        "dependencies": sorted(edges, key=lambda edge: edge["ref"]),
    }
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _ref(component: dict[str, Any], version: str) -> str:
    return f"{component['name']}@{component.get('version', version)}"


def _component(told: dict[str, Any], version: str) -> dict[str, Any]:
    """Keep what names a package and tells its files from others; where they were fetched is this machine's business."""
    found = {"type": "library", "name": told["name"], "version": told.get("version", version)}
    found |= {"bom-ref": _ref(told, version), "purl": told.get("purl", f"pkg:pypi/{told['name']}@{version}")}
    hashes = {(one["alg"], one["content"]) for file in told.get("externalReferences", ()) for one in file["hashes"]}
    if hashes:
        found["hashes"] = [{"alg": alg, "content": content} for alg, content in sorted(hashes)]
    markers = [one for one in told.get("properties", ()) if one["name"] == "uv:package:marker"]
    return found | ({"properties": markers} if markers else {})


def main(dist: Path) -> None:
    """Write the file beside the wheels."""
    version = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
    (dist / name_of(version)).write_bytes(sbom(version))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
