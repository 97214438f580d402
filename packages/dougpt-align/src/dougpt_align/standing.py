"""Which answers stand: the last one of each rater to each event, less what was taken back."""

from typing import Any

from dougpt_schema import LABELS, ArrowStream


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
        if row["label_id"] in undone or recording_id not in {None, row["recording_id"]}:
            continue
        key = (row["recording_id"], row["event_id"], row["rater"])
        latest.pop(key, None)
        latest[key] = row
    return list(latest.values())
