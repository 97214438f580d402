"""The messages on which people disagree, with what each of them said."""

from dataclasses import dataclass
from typing import Any

from dougpt_schema import ArrowStream, Verdict

from dougpt_align.majority import decide
from dougpt_align.standing import standing_labels


@dataclass(frozen=True, slots=True)
class Dispute:
    """A message that people called different things, with no more than half of them of one mind.

    Attributes:
        recording_id: Of which recording.
        event_id: Which message.
        on_speech: Whether they call it a reply, to different speech; else they differ on whether it is one.
        answers: The rows of `labels` that stand, in the order of answering; none of them unsure.
    """

    recording_id: str
    event_id: str
    on_speech: bool
    answers: tuple[dict[str, Any], ...]


def disputes(labels: ArrowStream | None, recording_id: str | None = None) -> tuple[Dispute, ...]:
    """Return what people disagree on, of one recording or of all; first whether it is a reply, then to what.

    Raises:
        ContractError: The table breaks its contract.
    """
    by_event: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in standing_labels(labels, recording_id):
        if row["verdict"] != Verdict.UNSURE:
            by_event.setdefault((row["recording_id"], row["event_id"]), []).append(row)
    found = []
    for event, answers in by_event.items():
        decision = decide(answers)
        if decision is None or decision.on_speech:
            found.append(Dispute(*event, decision is not None, tuple(answers)))
    return tuple(sorted(found, key=lambda one: (one.recording_id, one.on_speech, one.event_id)))
