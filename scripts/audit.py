"""Looks whether a package of the lock has a known vulnerability: pip-audit over what users install.

    just audit                                    # pip-audit's words for whatever it takes: --ignore-vuln ID
    just audit --vulnerability-service osv

Where the service of advisories cannot be reached, or has none (a mirror of an index has files and no advisories),
nothing was audited: that is said, and is no failure. A known vulnerability is one.
"""

import json
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = "pip-audit==2.10.1"
SERVICES = {"pypi": "https://pypi.org/pypi/jinja2/2.4.1/json", "osv": "https://api.osv.dev/v1/vulns/PYSEC-2019-217"}
"""What each service answers of a version that is known to be vulnerable: who does not know that one knows none."""
PATIENCE_S = 10
AUDIT_S = 300


def main(words: list[str]) -> int:
    """Audit, and say what came out."""
    service = words[words.index("--vulnerability-service") + 1] if "--vulnerability-service" in words else "pypi"
    if (why := unreachable(SERVICES[service])) is not None:
        print(f"not audited: the advisories of {service} cannot be reached here ({why})")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        requirements, report = Path(folder) / "requirements.txt", Path(folder) / "report.json"
        export = ["uv", "export", "--quiet", "--frozen", "--all-packages", "--all-extras", "--no-dev"]
        subprocess.run(
            [*export, "--no-emit-workspace", "--no-hashes", "--output-file", requirements],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        command = ["uv", "tool", "run", "--quiet", PIP_AUDIT, "--no-deps", "--disable-pip", "-r", requirements]
        options = ["--format", "json", "--output", report, "--progress-spinner", "off"]
        done = subprocess.run([*command, *options, *words], check=False, stderr=subprocess.PIPE, timeout=AUDIT_S)
        if not report.is_file():
            print(f"not audited: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
            return 0
        return conclude(json.loads(report.read_text(encoding="utf-8"))["dependencies"])


def conclude(found: list[dict[str, object]]) -> int:
    """Print what was found; return the exit code."""
    audited = [one for one in found if "skip_reason" not in one]
    if not audited:
        print(f"not audited: the service knows none of {len(found)} packages")
        return 0
    hurt = [one for one in audited if one.get("vulns")]
    print(f"{len(audited)} of {len(found)} packages audited, {len(hurt)} with known vulnerabilities")
    for one in hurt:
        for vulnerability in one["vulns"]:  # type: ignore[attr-defined]
            mended = ", ".join(vulnerability["fix_versions"]) or "in no version yet"
            print(f"  {one['name']} {one['version']}: {vulnerability['id']}, mended {mended}")
    return 1 if hurt else 0


def unreachable(address: str) -> str | None:
    """Return why an address does not answer, None where it does."""
    try:
        with urlopen(address, timeout=PATIENCE_S) as answer:  # noqa: S310 - one of the addresses above
            return None if b"PYSEC" in answer.read() else "it answers without advisories"
    except (URLError, OSError, ssl.SSLError) as error:
        return str(getattr(error, "reason", error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
