"""What is said while nothing else can be."""

import sys
import time

import pytest
from dougpt.terminal import told_while_loading


def test_loading_says_how_far_it_is_until_it_is_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("torch", "datasets", "peft", "trl"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "transformers", sys)
    said = ""

    with told_while_loading(every_s=0.01):
        while said.count("\n") < 3:
            said += capsys.readouterr().err
    capsys.readouterr()
    time.sleep(0.05)

    assert said.splitlines()[:2] == ["loading PyTorch", "loading PyTorch: at transformers after 0 s"]
    assert capsys.readouterr().err == ""


def test_what_is_loaded_already_is_not_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", sys)

    with told_while_loading(every_s=0.001):
        time.sleep(0.01)

    assert capsys.readouterr().err == ""
