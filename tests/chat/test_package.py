"""Importing the package is light, and what it promises is there."""

import re
import subprocess
import sys

import dougpt_chat
import pytest
from dougpt_chat import ChatSettings, RenderedSettings
from dougpt_schema import MissingExtraError
from dougpt_schema.installing import install_command

HEAVY = ("av", "cv2", "rapidocr", "onnxruntime", "PIL", "torch")


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("from dougpt_chat import read_chat, read_rendered_chat, merge_exports", HEAVY),
        ("from dougpt_chat.settings import ChatSettings", (*HEAVY, "pyarrow", "numpy", "msgspec")),
    ],
)
def test_importing_loads_nothing_heavy(statement: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys; {statement}; sys.exit(sorted(set({heavy!r}) & set(sys.modules)) != [])"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["anchor", "contact_sheet"])
def test_what_needs_the_extra_for_pictures_says_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)

    with pytest.raises(MissingExtraError, match=re.escape(install_command("dougpt-chat[ocr]"))):
        getattr(dougpt_chat, name)


def test_every_public_name_is_there() -> None:
    assert all(getattr(dougpt_chat, name) is not None for name in dougpt_chat.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dougpt_chat.nothing  # noqa: B018 - the access is the test


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        (ChatSettings, {"bots": ("",)}),
        (RenderedSettings, {"min_confidence": 1.5}),
        (RenderedSettings, {"threads": 0}),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: type, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        settings(**wrong)
