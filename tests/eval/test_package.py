"""The package's front door opens nothing heavy."""

import subprocess
import sys

import dougpt_eval
import pytest


def test_importing_the_package_or_its_settings_loads_no_table_library() -> None:
    code = "import sys, dougpt_eval.settings; print(sorted({'numpy', 'pyarrow', 'bm25s'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_no_other() -> None:
    for name in dougpt_eval.__all__:
        assert getattr(dougpt_eval, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'appraise'"):
        dougpt_eval.appraise  # noqa: B018
