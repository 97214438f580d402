"""P11: rows in one pack compute what each of them computes alone."""

from collections.abc import Sequence
from typing import Any

import torch

from dougpt_train.checks.check import Check, judge
from dougpt_train.checks.reload import allowed_difference, as_in_training
from dougpt_train.packing import packed_batch
from dougpt_train.render import Encoded

ROWS = 3


@torch.inference_mode()
def check_packing(model: Any, rows: Sequence[Encoded], pad_id: int, device: str) -> Check:
    """Compare the logits of a few rows of different length in one pack with those of each row alone.

    Args:
        model: The model that will be trained, with its weights.
        rows: All training rows; a few that differ are taken.
        pad_id: Any valid token.
        device: "cuda" or "cpu".
    """
    chosen = _different(rows)
    batch = packed_batch(chosen, pad_id, model.device)
    batch.pop("labels")
    was_training = model.training
    model.eval()
    with as_in_training(model):
        together = model(**batch, use_cache=False).logits[0].cpu().float()
        alone = {tuple(row.ids): _logits(model, row.ids) for row in chosen}
    model.train(was_training)
    difference, start = 0.0, 0
    ids = batch["input_ids"][0].tolist()
    for row in _in_pack_order(chosen, ids):
        difference = max(
            difference, float((together[start : start + len(row.ids)] - alone[tuple(row.ids)]).abs().max())
        )
        start += len(row.ids)
    allowed = allowed_difference(together, device)
    found = f"logits of {len(chosen)} rows in one pack differ by {difference:.2g} from those of each alone"
    if difference > allowed:
        found += f", more than {allowed:g}: rows see one another; train without packing"
    facts = {"rows": len(chosen), "difference": round(difference, 6), "allowed": round(allowed, 6)}
    return Check("P11", "packing", judge(failed=not difference <= allowed), found, facts)


def _logits(model: Any, ids: Sequence[int]) -> torch.Tensor:
    logits: torch.Tensor = model(input_ids=torch.tensor([list(ids)], device=model.device), use_cache=False).logits
    return logits[0].cpu().float()


def _different(rows: Sequence[Encoded]) -> list[Encoded]:
    """Return the shortest, a middle and the longest of the different rows."""
    ordered = sorted({tuple(row.ids): row for row in rows}.values(), key=lambda row: (len(row.ids), row.ids))
    return list({place: ordered[place] for place in (0, len(ordered) // 2, len(ordered) - 1)}.values())[:ROWS]


def _in_pack_order(rows: Sequence[Encoded], ids: Sequence[int]) -> list[Encoded]:
    """Return the rows as they follow one another in the pack.

    Raises:
        ValueError: The pack is no row of these rows: something was cut or lost.
    """
    left, ordered, start = list(rows), [], 0
    while left:
        row = next((row for row in left if list(ids[start : start + len(row.ids)]) == row.ids), None)
        if row is None:
            raise ValueError(f"at token {start} of the pack stands none of its rows")
        left.remove(row)
        ordered.append(row)
        start += len(row.ids)
    return ordered
