"""Labels that come from elsewhere: those that can be used, and why the others cannot."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from dougpt_schema import LABELS, AskedAs, ContractError

ELSEWHERE = {"asked_as": AskedAs.ACTIVE.value, "stratum": "imported", "inclusion_probability": 1.0, "blind": False}
"""What is assumed of a label that does not say how its question was chosen: it teaches and estimates nothing."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Labels that were read, and how many rows could not be used, by reason."""

    labels: pa.Table
    rejects: dict[str, int]


def keep_usable(rows: Iterable[Mapping[str, Any]], rejects: Counter[str]) -> Imported:
    """Check each row by the contract; one that breaks it is counted with the rule that it breaks."""
    kept: dict[str, dict[str, Any]] = {}
    for row in rows:
        try:
            checked = LABELS.table([row]).to_pylist()[0]
        except ContractError as error:
            rejects[f"{error.column or 'row'} {error.rule}"] += 1
            continue
        if kept.setdefault(checked["label_id"], checked) != checked:
            rejects["label_id stands for another label of this file"] += 1
    return Imported(LABELS.table(kept.values()), dict(sorted(rejects.items())))
