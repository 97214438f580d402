"""P13: a killed run goes on only from what it was made from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dougpt_train.checks.check import Check, judge
from dougpt_train.record import INPUTS, changed_inputs

MOST_SHOWN = 8


def check_resume(inputs: Mapping[str, Any], work: Path | None) -> Check:
    """Compare what goes in with what a killed run in `work` was made from; a run that starts has nothing to compare.

    The finding is the same for a run that was never killed and for one that goes on unchanged: so are their files.
    """
    changed = changed_since(inputs, work)
    if not changed:
        return Check(
            "P13", "resume", "passed", "data, settings and versions are bound: only with all of them it goes on"
        )
    shown = "; ".join(f"{name} was {before}, is {now}" for name, (before, now) in list(changed.items())[:MOST_SHOWN])
    return Check("P13", "resume", judge(failed=True), f"a killed run was made from something else: {shown}", changed)


def changed_since(inputs: Mapping[str, Any], work: Path | None) -> dict[str, Any]:
    """Return what differs from the inputs of a killed run, as name: [before, now]; nothing where there is none."""
    if work is None or not (work / INPUTS).is_file():
        return {}
    before = json.loads((work / INPUTS).read_text(encoding="utf-8"))
    return changed_inputs(before["inputs"], inputs)
