"""Which recordings are kept for validation and test: decided once, by recording, and never again.

The latest recordings are the test, because a model is used on what comes after its training. What was
frozen stays: a recording that comes later never enters a test or validation set that exists. Growing
a set means a new suite, made by passing nothing as frozen.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dougpt_schema import ArrowStream, DougptError, Split, as_table

from dougpt_curate.settings import CurateSettings

RECORDINGS_FOR_ONE_TEST = 3
RECORDINGS_FOR_VALIDATION = 5
RECORDINGS_FOR_TWO_TESTS = 12
ORDER = (Split.TEST, Split.VALIDATION, Split.TRAIN)
"""What comes first keeps what two recordings have in common."""


class HoldoutError(DougptError):
    """A frozen holdout cannot be read."""


def assign_holdout(
    recordings: ArrowStream | Iterable[Mapping[str, Any]],
    settings: CurateSettings | None = None,
    frozen: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the split of every recording: those of `frozen` unchanged and first, then the new ones, test first.

    A split that `frozen` already has takes no new recording. A missing one is filled from the new recordings:
    the latest by `broadcast_start`, those without a date before all others, in an order of their ids that
    the seed decides. Test takes `test_share` of all recordings, at least 1 of 3 and 2 of 12; validation
    takes `validation_share`, at least 1 of 5. With one or two recordings everything is training.

    Args:
        recordings: A table or rows with `recording_id` and maybe `broadcast_start` (aware, else taken as UTC);
            several rows a recording are one, dated by the earliest.
        settings: Shares and seed.
        frozen: What an earlier call returned.

    Raises:
        HoldoutError: `frozen` names a split that does not exist.
    """
    settings = settings or CurateSettings()
    splits = dict(frozen or {})
    for recording_id, split in splits.items():
        if split not in set(Split):
            raise HoldoutError(f"the holdout puts {recording_id} into {split!r}, not one of {', '.join(Split)}")
    starts = _starts(recordings)
    new = sorted(set(starts) - set(splits), key=lambda name: _age(name, starts[name], settings.seed))
    total = len(new) + len(splits)
    free = list(new)
    assigned = dict.fromkeys(new, Split.TRAIN.value)
    for split, count in ((Split.TEST, _tests(total, settings)), (Split.VALIDATION, _validations(total, settings))):
        if split not in splits.values():
            taken = free[max(len(free) - count, 0) :]
            free = free[: len(free) - len(taken)]
            assigned |= dict.fromkeys(taken, split.value)
    return splits | {name: assigned[name] for name in sorted(assigned, key=lambda name: ORDER.index(assigned[name]))}


def holdout_json(splits: Mapping[str, str]) -> bytes:
    """Return the text of a `holdout.json`: recordings in the order in which they arrived, one a line."""
    return (json.dumps({"version": 1, "recordings": dict(splits)}, indent=1) + "\n").encode()


def read_holdout(text: bytes | str) -> dict[str, str]:
    """Return the splits of a `holdout.json`.

    Raises:
        HoldoutError: It is no such text, or of a newer version.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise HoldoutError(f"the holdout is no JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("recordings"), dict):
        raise HoldoutError("the holdout has no object 'recordings'")
    if found.get("version") != 1:
        raise HoldoutError(f"the holdout has version {found.get('version')!r}, known here is 1: upgrade dougpt")
    return assign_holdout([], frozen=found["recordings"])


def _tests(total: int, settings: CurateSettings) -> int:
    if total < RECORDINGS_FOR_ONE_TEST or not settings.test_share:
        return 0
    return max(round(settings.test_share * total), 2 if total >= RECORDINGS_FOR_TWO_TESTS else 1)


def _validations(total: int, settings: CurateSettings) -> int:
    if total < RECORDINGS_FOR_VALIDATION or not settings.validation_share:
        return 0
    return max(round(settings.validation_share * total), 1)


def _starts(recordings: ArrowStream | Iterable[Mapping[str, Any]]) -> dict[str, datetime | None]:
    """Return each recording's start of broadcast, None where no row tells it."""
    if isinstance(recordings, ArrowStream):
        table = as_table(recordings)
        names = [name for name in ("recording_id", "broadcast_start") if name in table.column_names]
        rows: Iterable[Mapping[str, Any]] = table.select(names).to_pylist()
    else:
        rows = recordings
    starts: dict[str, datetime | None] = {}
    for row in rows:
        name, start = row["recording_id"], row.get("broadcast_start")
        if start is not None and start.tzinfo is None:
            start = start.replace(tzinfo=UTC)
        known = starts.get(name)
        starts[name] = start if known is None else min(known, start or known)
    return starts


def _age(recording_id: str, start: datetime | None, seed: int) -> tuple[bool, float, str]:
    """A key that puts older recordings first and those without a date before all others."""
    order = hashlib.sha256(f"{seed}:{recording_id}".encode()).hexdigest()
    return (start is not None, start.timestamp() if start else 0.0, order)
