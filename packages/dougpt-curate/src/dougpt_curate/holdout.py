"""Which recordings are kept for validation and test: decided once, by recording, and never again.

The latest recordings are the test, because a model is used on what comes after its training. What was
frozen stays: a recording that comes later never enters a test or validation set that exists. Growing
a set means a new suite, made by passing nothing as frozen.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dougpt_schema import ArrowStream, DougptError, Split, as_table

from dougpt_curate.settings import CurateSettings

RECORDINGS_FOR_ONE_TEST = 3
RECORDINGS_FOR_VALIDATION = 5
RECORDINGS_FOR_TWO_TESTS = 5
BLOCKS = "blocks"
"""What is said of a recording that is divided in time and so stands in several splits."""

type Blocks = Mapping[str, Mapping[str, Sequence[int]]]
"""Of recordings that are divided in time, from and until of each split in milliseconds."""

ORDER = (Split.TEST, Split.VALIDATION, Split.TRAIN)
"""What comes first keeps what two recordings have in common."""


class HoldoutError(DougptError):
    """A frozen holdout cannot be read."""


def assign_holdout(
    recordings: ArrowStream | Iterable[Mapping[str, Any]],
    settings: CurateSettings | None = None,
    frozen: Mapping[str, str] | None = None,
    *,
    in_blocks: bool = False,
) -> dict[str, str]:
    """Return the split of every recording: those of `frozen` unchanged and first, then the new ones, test first.

    A split that `frozen` already has takes no new recording. A missing one is filled from the new recordings:
    the latest by `broadcast_start`, those without a date before all others, in an order of their ids that
    the seed decides. Test takes `test_share` of all recordings, at least 1 of 3 and 2 of 5; validation
    takes `validation_share`, at least 1 of 5. With one or two recordings everything is training.

    Args:
        recordings: A table or rows with `recording_id` and maybe `broadcast_start` (aware, else taken as UTC);
            several rows a recording are one, dated by the earliest.
        settings: Shares and seed.
        frozen: What an earlier call returned.
        in_blocks: Whether fewer recordings than `blocks_below` are divided in time, each alone: `BLOCKS`, the oldest
            first.

    Raises:
        HoldoutError: `frozen` names a split that does not exist.
    """
    settings = settings or CurateSettings()
    splits = dict(frozen or {})
    for recording_id, split in splits.items():
        if split not in {*Split, BLOCKS}:
            raise HoldoutError(f"the holdout puts {recording_id} into {split!r}, not one of {', '.join(Split)}")
    starts = _starts(recordings)
    new = sorted(set(starts) - set(splits), key=lambda name: _age(name, starts[name], settings.seed))
    total = len(new) + len(splits)
    if in_blocks and not splits and total < settings.blocks_below:
        return dict.fromkeys(new, BLOCKS)
    filled = set(Split) if BLOCKS in splits.values() else set(splits.values())
    return splits | by_recording(new, settings, total=total, filled=filled)


def by_recording(
    names: Sequence[str], settings: CurateSettings, *, total: int | None = None, filled: Collection[str] = ()
) -> dict[str, str]:
    """Return a split for each of `names`, the oldest first: the latest are test, those before them validation.

    Args:
        names: Recordings in the order of their age.
        settings: The shares.
        total: Of how many recordings the shares are; without it, of `names`.
        filled: Splits that take none of them.
    """
    total = len(names) if total is None else total
    free, assigned = list(names), dict.fromkeys(names, Split.TRAIN.value)
    for split, count in ((Split.TEST, _tests(total, settings)), (Split.VALIDATION, _validations(total, settings))):
        if split not in filled:
            taken = free[max(len(free) - count, 0) :]
            free = free[: len(free) - len(taken)]
            assigned |= dict.fromkeys(taken, split.value)
    return {name: assigned[name] for name in sorted(assigned, key=lambda name: ORDER.index(Split(assigned[name])))}


@dataclass(frozen=True, slots=True)
class Suite:
    """What a `holdout.json` freezes.

    Attributes:
        recordings: The split of each recording, in the order in which they arrived.
        number: The version: 1 at the first curation, one more each time that held-out links changed.
        blocks: Of recordings divided in time, from and until of each split in milliseconds.
        links: A fingerprint of the held-out samples, and the links behind them, of each recording that has some.
    """

    recordings: Mapping[str, str]
    number: int = 1
    blocks: Blocks = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


class NotComparableError(DougptError):
    """Held-out samples are not those of the suite that must be kept.

    Attributes:
        recordings: The recordings of which they changed.
    """

    exit_code = 4

    def __init__(self, suite: int, recordings: Sequence[str]) -> None:
        self.recordings = tuple(recordings)
        shown = ", ".join(recordings[:3]) + (" and others" if len(recordings) > 3 else "")
        super().__init__(
            f"not comparable: the held-out samples of {shown} are not those of suite {suite}; undo what changed them "
            f"(links, filters, context), or begin suite {suite + 1}: suite = {suite + 1} in [curate] of dougpt.toml"
        )


def next_suite(frozen: Suite | None, curated: Suite, asked: int = 0) -> Suite:
    """Return what to freeze after a curation: the suite there was, or the next one where held-out samples changed.

    Args:
        frozen: What was frozen before, if anything was.
        curated: What the curation found, its number aside.
        asked: The setting `suite`: the version that must be kept or begun; 0 begins the next one where it has to.

    Raises:
        NotComparableError: The suite to keep is the frozen one, and held-out samples changed.
        HoldoutError: The suite to keep is older than the frozen one.
    """
    if frozen is None or not frozen.links:
        return replace(curated, number=max(asked, frozen.number if frozen else 1))
    if asked and asked < frozen.number:
        raise HoldoutError(
            f"suite {asked} is asked for, and the holdout is suite {frozen.number} already: "
            f"set suite = {frozen.number}, or put the holdout.json of suite {asked} back"
        )
    names = sorted({*frozen.links, *curated.links})
    changed = [name for name in names if frozen.links.get(name) != curated.links.get(name)]
    if changed and asked == frozen.number:
        raise NotComparableError(frozen.number, changed)
    return replace(curated, number=max(asked, frozen.number + bool(changed)))


def holdout_json(splits: Mapping[str, str] | Suite) -> bytes:
    """Return the text of a `holdout.json`: recordings in the order in which they arrived, one a line."""
    suite = splits if isinstance(splits, Suite) else Suite(splits)
    found = {"version": 1, "suite": suite.number, "recordings": dict(suite.recordings)}
    if suite.blocks:
        found["blocks"] = {name: {part: list(at) for part, at in cut.items()} for name, cut in suite.blocks.items()}
    if suite.links:
        found["links"] = dict(sorted(suite.links.items()))
    return (json.dumps(found, indent=1) + "\n").encode()


def read_holdout(text: bytes | str) -> dict[str, str]:
    """Return the splits of a `holdout.json`.

    Raises:
        HoldoutError: It is no such text, or of a newer version.
    """
    return dict(read_suite(text).recordings)


def read_suite(text: bytes | str) -> Suite:
    """Return all that a `holdout.json` freezes.

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
    recordings = assign_holdout([], frozen=found["recordings"])
    return Suite(recordings, found.get("suite", 1), found.get("blocks", {}), found.get("links", {}))


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
