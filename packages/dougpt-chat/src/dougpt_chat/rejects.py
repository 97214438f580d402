"""Records that could not be used, as a table: each with its place and the reason, without anybody's text."""

from collections.abc import Iterable

import pyarrow as pa
from dougpt_schema import REJECTS

from dougpt_chat.formats.message import RejectedRecord

STAGE = "chat"


def rejects_table(rejected: Iterable[RejectedRecord], recording_id: str, source_id: str) -> pa.Table:
    """Return records that could not be used as a `rejects` table."""
    return REJECTS.table(
        {
            "recording_id": recording_id,
            "stage": STAGE,
            "source_id": source_id,
            "source_row": record.row,
            "subject_id": record.id,
            "reason": record.reason,
            "detail": record.detail,
        }
        for record in rejected
    )
