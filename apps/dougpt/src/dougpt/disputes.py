"""What people disagree on, with the message and what each of them said, for people who want to settle it."""

from typing import Any

from dougpt_align.disputes import Dispute, disputes
from dougpt_schema import CHAT_EVENTS, read_table
from pyarrow import compute as pc

from dougpt.labels import all_labels
from dougpt.project import Project


def disputes_told(project: Project, recordings: list[str]) -> list[dict[str, Any]]:
    """Return the disputed messages of some recordings; `message` is None where the chat is not read any more."""
    found = [one for one in disputes(all_labels(project.workspace)) if one.recording_id in recordings]
    written = {name: _messages(project, name, found) for name in {one.recording_id for one in found}}
    return [
        {
            "recording_id": one.recording_id,
            "title": project.recordings[one.recording_id].title,
            "event_id": one.event_id,
            "message": written[one.recording_id].get(one.event_id),
            "on": "speech" if one.on_speech else "verdict",
            "answers": [
                {
                    "rater": row["rater"],
                    "verdict": row["verdict"],
                    "said_at_ms": row["utterance_start_ms"],
                    "said": row["utterance_text"],
                }
                for row in one.answers
            ],
        }
        for one in found
    ]


def _messages(project: Project, name: str, found: list[Dispute]) -> dict[str, str]:
    path = project.workspace.staged(name) / "chat_events.parquet"
    if not path.exists():
        return {}
    chat = read_table(path, CHAT_EVENTS)
    mine = {one.event_id for one in found if one.recording_id == name}
    chat = chat.filter([event in mine for event in chat["event_id"].to_pylist()])
    return dict(zip(chat["event_id"].to_pylist(), pc.cast(chat["text"], "string").to_pylist(), strict=True))
