"""P1: no moment is trained on and measured on, and hardly a text is."""

import pyarrow as pa
from dougpt_schema import Split, mixed_recordings

from dougpt_train.checks.check import Check, judge

MOST_COPIES = 0.02
LONG_CHARACTERS = 20
"""Shorter answers repeat by nature: half of a chat is `LUL`."""


def check_splits(samples: pa.Table, validation: pa.Table, test: pa.Table) -> Check:
    """Look for rows of the wrong split, moments of one recording in two splits, and turns copied between them."""
    tables = {Split.TRAIN: samples, Split.VALIDATION: validation, Split.TEST: test}
    strangers = {
        split.value: sum(found != split.value for found in table["split"].to_pylist())
        for split, table in tables.items()
    }
    trained = set(samples["recording_id"].to_pylist())
    held_out = {*validation["recording_id"].to_pylist(), *test["recording_id"].to_pylist()}
    shared = mixed_recordings(samples, pa.concat_tables([validation, test], promote_options="default"))
    known = set(_turns(samples))
    unseen = [*_turns(validation), *_turns(test)]
    copied = sum(turn in known for turn in unseen) / max(1, len(unseen))
    facts = {
        "recordings": len(trained),
        "held_out_recordings": len(held_out),
        "shared_recordings": shared,
        "rows_of_another_split": strangers,
        "copied_share": round(copied, 4),
    }
    if any(strangers.values()):
        wrong = ", ".join(f"{count} among {split}" for split, count in strangers.items() if count)
        found = f"rows of another split: {wrong}"
    elif shared:
        found = f"{len(shared)} recordings are trained on and held out, at moments too near, first {shared[0]}"
    else:
        others = "others" if not trained & held_out else "in part the same, at other times,"
        found = f"{len(trained)} recordings to train on, {len(held_out)} {others} held out; {copied:.1%} turns copied"
    failed = any(strangers.values()) or bool(shared)
    return Check("P1", "splits", judge(failed=failed, warned=copied > MOST_COPIES), found, facts)


def _turns(samples: pa.Table) -> list[tuple[str, str]]:
    return [
        (_plain(sample["prompt"]), _plain(response["text"]))
        for sample in samples.select(["prompt", "responses"]).to_pylist()
        for response in sample["responses"]
        if len(response["text"]) >= LONG_CHARACTERS
    ]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
