"""What the labels of every row say, decoded once for all the checks that look at it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dougpt_train.prepare import Prepared
from dougpt_train.render import Encoded
from dougpt_train.tokens import texts_of

DECODE_ROWS = 8192
SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class Learnt:
    """The labels of all rows, in order.

    Attributes:
        stops: Whether a row's last label is a stop token.
        texts: What a row's labels say in front of their last one.
    """

    stops: Sequence[bool]
    texts: Sequence[str]


def read_labels(prepared: Prepared) -> Learnt:
    """Decode the labels of every row."""
    known = frozenset(prepared.base.stop_ids)
    stops: list[bool] = []
    texts: list[str] = []
    for start in range(0, len(prepared.rows), DECODE_ROWS):
        learnt = [learnt_ids(row) for row in prepared.rows[start : start + DECODE_ROWS]]
        stops += [bool(ids) and ids[-1] in known for ids in learnt]
        texts += texts_of(prepared.base.tokenizer, [ids[:-1] for ids in learnt])
    return Learnt(stops, texts)


def learnt_ids(row: Encoded) -> list[int]:
    """Return the tokens of a row that are learnt: those behind the prompt that a model is asked with."""
    return row.ids[len(row.prompt_ids) :]


def shown_rows(prepared: Prepared) -> list[dict[str, str]]:
    """Return a few rows from all over the data for people to look at: what is read, what is learnt, and the stop."""
    rows = prepared.rows[:: max(1, len(prepared.rows) // SHOWN_ROWS)][:SHOWN_ROWS]
    shown = []
    for row in rows:
        learnt = learnt_ids(row)
        pieces = [row.ids[: len(row.ids) - len(learnt)], learnt[:-1], learnt[-1:]]
        read, reply, stop = texts_of(prepared.base.tokenizer, pieces)
        shown.append(
            {"sample_id": row.row.sample_id, "form": row.row.form, "read": read, "learnt": reply, "stop": stop}
        )
    return shown
