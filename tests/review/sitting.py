"""A server of its own to be killed: `python sitting.py FOLDER` serves a made recording and keeps answers in FOLDER."""

import sys
import uuid
from pathlib import Path

from desks import RECORDING, questions, recording
from dougpt_review import Book, Desk, Material, serve
from dougpt_schema import LABELS
from dougpt_schema.journal import read_journal

EVENTS = 220


def main(folder: Path) -> None:
    """Serve; every start is a sitting with a journal of its own."""
    labels = LABELS.table(row for path in folder.glob("*.jsonl") for row in read_journal(path, LABELS).to_pylist())
    made = recording(texts=[f"message {number}" for number in range(EVENTS)])
    book = Book(folder / f"{uuid.uuid4().hex}.jsonl", rater="anna", blind=False, labels=labels)
    desk = Desk(lambda: Material({RECORDING: made}, questions(EVENTS)), book)
    serve(desk, port=0, started=lambda address: print(address, flush=True))  # noqa: T201 - it is a script


if __name__ == "__main__":
    main(Path(sys.argv[1]))
