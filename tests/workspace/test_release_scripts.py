"""The scripts of a release say what they found: vulnerabilities, what a release is made of, links that lead nowhere."""

import json
import shutil
from pathlib import Path

import check_links
import pytest
import sbom
from audit import conclude, unreachable

CLEAN = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
HURT = {"name": "c", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}


def test_a_known_vulnerability_fails_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude([CLEAN, SKIPPED, HURT]) == 1
    assert capsys.readouterr().out == (
        "2 of 3 packages audited, 1 with known vulnerabilities\n  c 2: PYSEC-1, mended 3\n"
    )


def test_nothing_known_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude([CLEAN, SKIPPED]) == 0
    assert "1 of 2 packages audited, 0 with" in capsys.readouterr().out


def test_what_was_not_audited_is_said_and_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude([SKIPPED]) == 0
    assert capsys.readouterr().out == "not audited: the service knows none of 1 packages\n"


def test_a_service_without_advisories_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text('{"vulnerabilities": []}')

    assert unreachable((tmp_path / "answer").as_uri()) == "it answers without advisories"
    assert unreachable((tmp_path / "nothing").as_uri()) is not None


@pytest.mark.skipif(shutil.which("uv") is None, reason="the lock is read by uv")
def test_the_bill_of_materials_names_everything_and_no_place_or_time() -> None:
    made = sbom.sbom("9.9.9")

    assert made == sbom.sbom("9.9.9")
    assert not any(word in made for word in (b"://", b"timestamp", b"serialNumber"))
    listed = {one["name"]: one for one in json.loads(made)["components"]}
    assert {"dougpt", "dougpt-schema", "pyarrow", "torch", "av"} <= listed.keys()
    assert listed["dougpt-schema"]["version"] == "9.9.9"
    assert all(one["hashes"] for name, one in listed.items() if not name.startswith("dougpt"))
    refs = {one["bom-ref"] for one in listed.values()}
    assert {ref for edge in json.loads(made)["dependencies"] for ref in edge["dependsOn"]} <= refs


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Of `two` words\n")
    page = tmp_path / "page.md"
    links = "[a](other.md) [b](other.md#of-two-words) [c](gone.md) [d](other.md#else) [e](https://x.org) [f](#here)"
    page.write_text(f"{links}\n\n# Here\n")

    assert list(check_links.broken(page)) == ["gone.md: no such file", "other.md#else: no such heading"]


def test_every_link_of_our_pages_leads_somewhere() -> None:
    assert [line for page in check_links.pages() for line in check_links.broken(page)] == []
