"""Which answers stand: the last one of each rater to each event, less what was taken back.

A row that undoes another one and is unsure says only that: it is no answer, and the event may be asked again.
"""

from typing import Any

import pyarrow as pa
from dougpt_schema import LABELS, ArrowStream, Verdict


def standing_labels(labels: ArrowStream | None, recording_id: str | None = None) -> list[dict[str, Any]]:
    """Return the rows that stand, in the order of answering; of one recording, or of all.

    Raises:
        ContractError: The table breaks its contract.
    """
    if labels is None:
        return []
    rows = LABELS.check(LABELS.conform(labels)).to_pylist()
    undone = {row["undoes"] for row in rows if row["undoes"] is not None}
    latest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        takes_back = row["undoes"] is not None and row["verdict"] == Verdict.UNSURE
        if takes_back or row["label_id"] in undone or recording_id not in {None, row["recording_id"]}:
            continue
        key = (row["recording_id"], row["event_id"], row["rater"])
        latest.pop(key, None)
        latest[key] = row
    return list(latest.values())


def standing_rows(labels: ArrowStream) -> pa.Table:
    """Return the same as a table.

    Raises:
        ContractError: The table breaks its contract.
    """
    return LABELS.table(standing_labels(labels))
