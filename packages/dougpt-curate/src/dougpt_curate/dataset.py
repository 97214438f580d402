"""From utterances, chat and links of any number of recordings to a dataset with its books."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import REJECTS, SAMPLES, ArrowStream, Names

from dougpt_curate.gathering import Tables, checked
from dougpt_curate.holdout import Blocks
from dougpt_curate.pieces import CuratedPieces, curate_in_pieces, two_passes
from dougpt_curate.report import CurateReport
from dougpt_curate.settings import CurateSettings


@dataclass(frozen=True, slots=True)
class Curated:
    """A dataset.

    Attributes:
        samples: A table of the samples contract, with the further columns `start_ms` and `end_ms` of the turn,
            `merged`, the events that were merged away as copies (`event_id`) and the reply that stands for
            each (`into`), and `labelled`, the events among both that a person linked.
        rejects: A table of the rejects contract: `subject_id` is the event, or the sample where a turn was left out.
        profile: A table of the profile contract, of the recordings trained on.
        report: What happened, in numbers.
    """

    samples: pa.Table
    rejects: pa.Table
    profile: pa.Table
    report: CurateReport


def curate(
    utterances: ArrowStream,
    chat_events: ArrowStream,
    links: ArrowStream,
    settings: CurateSettings | None = None,
    *,
    holdout: Mapping[str, str] | None = None,
    blocks: Blocks | None = None,
    names: Names | None = None,
) -> Curated:
    """Return the samples of the accepted links of all recordings in the tables.

    Args:
        utterances: A table of the utterances contract; rows in any order.
        chat_events: The chat of the same recordings.
        links: What was decided about each event; only accepted ones make samples.
        settings: Budgets, filters and the target mix.
        holdout: The split of each recording, as `assign_holdout` returns it; recordings that it does not name are
            added by that function, without knowledge of their dates. Without it, fewer recordings than
            `blocks_below` are divided in time, if they are long enough for that.
        blocks: The blocks of recordings divided in time, as an earlier report gives them; they stay as they are.
        names: Who is a chatter; replies that hold a name are left out.

    Raises:
        ContractError: A table is not what its contract says.
        HoldoutError: `holdout` names a split that does not exist.
    """
    tables = checked((utterances, chat_events, links))
    recordings = sorted({name for table in tables for name in pc.unique(table["recording_id"]).to_pylist()})
    places = [_places(table) for table in tables]

    def read(recording_id: str) -> Tables:
        first, second, third = (
            table.slice(*where.get(recording_id, (0, 0))) for table, where in zip(tables, places, strict=True)
        )
        return first, second, third

    return _together(two_passes(recordings, read, settings or CurateSettings(), names, holdout, blocks))


def curate_recordings(
    recordings: Iterable[str],
    read: Callable[[str], tuple[ArrowStream, ArrowStream, ArrowStream]],
    settings: CurateSettings | None = None,
    *,
    holdout: Mapping[str, str] | None = None,
    blocks: Blocks | None = None,
    names: Names | None = None,
) -> Curated:
    """Return what `curate` returns, reading one recording after another, so that chat is never all in memory.

    The dataset is; `curate_in_pieces` leaves it on disk.

    Args:
        recordings: Ids of recordings.
        read: Returns utterances, chat events and links of a recording; of some it is asked twice.
        settings: As for `curate`.
        holdout: As for `curate`.
        blocks: As for `curate`.
        names: As for `curate`.

    Raises:
        ContractError: A table is not what its contract says.
        HoldoutError: `holdout` names a split that does not exist.
        ValueError: A table of one recording holds rows of another.
    """
    return _together(curate_in_pieces(recordings, read, settings, holdout=holdout, blocks=blocks, names=names))


def _together(found: CuratedPieces) -> Curated:
    with found:
        samples, rejects = (pa.concat_tables(pieces) for pieces in (found.samples(), found.rejects()))
        return Curated(SAMPLES.check(samples), REJECTS.check(rejects), found.profile, found.report)


def _places(table: pa.Table) -> dict[str, tuple[int, int]]:
    """Return where each recording's rows begin in a sorted table, and how many they are."""
    counted = sorted((row["values"], row["counts"]) for row in pc.value_counts(table["recording_id"]).to_pylist())
    starts = np.concatenate([[0], np.cumsum([count for _, count in counted])]).astype(int).tolist()
    return {name: (start, count) for (name, count), start in zip(counted, starts, strict=False)}
