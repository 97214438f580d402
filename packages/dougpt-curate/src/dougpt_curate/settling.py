"""The second pass: splits, embargo and what recordings share are decided on the whole and applied piece by piece."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import REJECTS, Split

from dougpt_curate.assemble import with_splits
from dougpt_curate.blocks import EMBARGO, cut_recordings, splits_of, whole_recordings
from dougpt_curate.copypasta import REPEATED_COPYPASTA
from dougpt_curate.gathering import WORKERS, Gathering, Tables, first_sample
from dougpt_curate.holdout import BLOCKS, Blocks, Suite, assign_holdout
from dougpt_curate.leaks import LEAKS, REPEATED_TURN, ranked
from dougpt_curate.revise import revised
from dougpt_curate.samples import EVENT_KEY, NO_RESPONSE_LEFT, TURN_REJECTED, Piece
from dougpt_curate.settings import CurateSettings
from dougpt_curate.tally import Tally, tally

STAGE = "curate"
SPLITS = pl.Enum([*(split.value for split in Split), EMBARGO])


@dataclass(frozen=True, slots=True)
class Settled:
    """A piece as it is in the dataset: the numbers of its tables in the spool, and the split of each sample."""

    samples: int
    rejects: int
    splits: pl.Series


def divide(
    gathering: Gathering,
    recordings: Sequence[str],
    settings: CurateSettings,
    holdout: Mapping[str, str] | None,
    frozen: Blocks,
) -> Suite:
    """Return the split of each recording, and the blocks of those that are divided in time."""
    ends_ms = {name: end_ms for one in gathering.stored for name, end_ms in one.ends_ms.items()}
    rows = [{"recording_id": name} for name in recordings]
    splits = assign_holdout(rows, settings, holdout, in_blocks=not holdout)
    open_ends = {name: end_ms for name, end_ms in ends_ms.items() if splits[name] == BLOCKS}
    cuts: dict[str, Mapping[str, Sequence[int]]] = {**cut_recordings(open_ends, settings)}
    cuts |= {name: cut for name, cut in frozen.items() if name in splits}
    if not cuts and not holdout:
        return Suite(assign_holdout(rows, settings))
    return Suite(splits, blocks=cuts or whole_recordings([name for name in splits if name in open_ends], settings))


def settle(
    gathering: Gathering, division: Suite, read: Callable[[str], Tables], settings: CurateSettings
) -> tuple[list[Settled], Tally]:
    """Return each piece as it is in the dataset, and what was counted on the way."""
    samples = gathering.samples()
    samples = samples.with_columns(splits_of(samples, division.recordings, division.blocks).cast(SPLITS))
    gone = _left_out(gathering, samples, division, settings)
    lost, gained = _copypasta(gathering, samples.join(gone, on="sample", how="anti"), division)
    changes = _Changes(samples, gone, lost, gained, settings, _one_at_a_time(read))
    with ThreadPoolExecutor(WORKERS) as pool:
        done = list(pool.map(lambda number: _settle(gathering, number, changes), range(len(gathering.stored))))
    return [one for one, _ in done], sum((counts for _, counts in done), Tally())


@dataclass(frozen=True, slots=True)
class _Changes:
    """What was decided on the whole.

    Attributes:
        samples: All samples with their `split`.
        gone: `sample`, `reason` and `detail` of those that are left out.
        lost: `event` and `detail` of replies that are kept elsewhere.
        gained: `event` of replies that stand for `more` messages.
        settings: When a reply is copypasta, and how much of each style is wanted.
        read: Returns the tables of a recording.
    """

    samples: pl.DataFrame
    gone: pl.DataFrame
    lost: pl.DataFrame
    gained: pl.DataFrame
    settings: CurateSettings
    read: Callable[[str], Tables]


def _one_at_a_time(read: Callable[[str], Tables]) -> Callable[[str], Tables]:
    """Return `read` for several threads, whoever wrote it."""
    reading = Lock()

    def locked(recording_id: str) -> Tables:
        with reading:
            return read(recording_id)

    return locked


def _settle(gathering: Gathering, number: int, changes: _Changes) -> tuple[Settled, Tally]:
    """Apply to one piece what was decided on the whole."""
    one, piece = gathering.stored[number], gathering.piece(number)
    splits = _of_batch(changes.samples, "sample", number)["split"]
    piece = replace(piece, samples=with_splits(piece.samples, splits))
    gone = _of_batch(changes.gone, "sample", number).rename({"sample": "turn"})
    lost, gained = (_of_batch(rows, "event", number) for rows in (changes.lost, changes.gained))
    changed = len(gone) + len(lost) + len(gained) > 0
    if len(lost) or len(gained):
        piece, taken = revised(piece, lost, gained, changes.settings)
        taken = taken.with_columns(reason=pl.lit(REPEATED_COPYPASTA), is_turn=pl.lit(value=False))
        rejects = [piece.rejects, _placed(taken, changes.read)]
        piece = replace(piece, rejects=pl.concat(rejects, how="diagonal"))
        gone = pl.concat([gone, _silent(piece).join(gone, on="turn", how="anti")])
    if len(gone):
        piece = _without(piece, gone, changes.read)
    place = gathering.spool.put(piece.samples) if changed else one.samples
    rejected = gathering.spool.put(_rejects(piece.rejects))
    return Settled(place, rejected, pl.Series(piece.samples["split"]).cast(SPLITS)), tally(piece, one.links)


def _silent(piece: Piece) -> pl.DataFrame:
    """The samples of which no reply is left."""
    empty = pl.Series(pc.list_value_length(piece.samples["responses"])) == 0
    return pl.DataFrame({"turn": empty.arg_true().cast(pl.Int64)}).with_columns(
        reason=pl.lit(NO_RESPONSE_LEFT), detail=pl.lit("")
    )


def _of_batch(rows: pl.DataFrame, name: str, batch: int) -> pl.DataFrame:
    """Return the rows whose number `name` is of a batch, with the number that it has there."""
    first = first_sample(batch)
    inside = rows.filter(pl.col(name).is_between(first, first_sample(batch + 1) - 1))
    return inside.with_columns(pl.col(name) - first)


def _copypasta(gathering: Gathering, samples: pl.DataFrame, division: Suite) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the `event` and a `detail` of replies that are kept elsewhere, and for how many `more` others stand."""
    arrival = {name: place for place, name in enumerate(division.recordings)}
    trained = samples.filter(pl.col("split") == Split.TRAIN.value).with_columns(
        arrival=pl.col("recording_id").cast(pl.String).replace_strict(arrival, return_dtype=pl.Int64)
    )
    repeats = gathering.copypasta.repeats(trained)
    gained = repeats.group_by(event="of").agg(pl.col("multiplicity").sum().alias("more"))
    named = _named(gathering, gained.select(of="event"))
    lost = repeats.join(named, on="of", maintain_order="left").select(
        event="reply", detail=pl.format("kept once, as {} of {}", "event_id", "recording_id")
    )
    return lost, gained


def _named(gathering: Gathering, replies: pl.DataFrame) -> pl.DataFrame:
    """Return replies `of` with their `event_id` and `recording_id`."""
    parts = [pl.DataFrame(schema={"of": pl.Int64, "event_id": pl.String, "recording_id": pl.String})]
    for batch in replies.select(pl.col("of") // first_sample(1)).unique().sort("of").to_series():
        piece = gathering.piece(batch)
        rows = pl.DataFrame(piece.samples.select(["recording_id", "responses"])).explode("responses")
        rows = rows.select("recording_id", pl.col("responses").struct.field("event_id"))
        rows = rows.with_columns(of=first_sample(batch) + piece.replies["event"])
        parts.append(rows.join(replies, on="of", how="semi").select(parts[0].columns))
    return pl.concat(parts)


def _left_out(gathering: Gathering, samples: pl.DataFrame, division: Suite, settings: CurateSettings) -> pl.DataFrame:
    """Return `sample`, `reason` and `detail` of the samples that are left out."""
    between = samples.filter(pl.col("split") == EMBARGO).select(
        "sample", reason=pl.lit(EMBARGO), detail=pl.lit("too near the border between two splits")
    )
    inside = samples.filter(pl.col("split") != EMBARGO)
    if not settings.leak_similarity or inside.select(pl.struct("recording_id", "split").n_unique()).item() < 2:
        return between
    repeats = gathering.moments.repeats(ranked(inside, division.recordings))
    names = inside.select("sample", "sample_id", "recording_id", "split")
    told = repeats.join(names.select("sample", "split"), on="sample", maintain_order="left").join(
        names, left_on="of", right_on="sample", maintain_order="left", suffix="_of"
    )
    ids = pl.Series("of_id", [f"{name:016x}" for name in told["sample_id"]], dtype=pl.String)
    same = pl.col("split") == pl.col("split_of")
    leaks = told.with_columns(ids).select(
        "sample",
        reason=pl.when(same).then(pl.lit(REPEATED_TURN)).otherwise(pl.lit(LEAKS)),
        detail=pl.format("sample {} of {} ({}) says nearly the same", "of_id", "recording_id", "split_of"),
    )
    return pl.concat([between, leaks])


def _without(piece: Piece, gone: pl.DataFrame, read: Callable[[str], Tables]) -> Piece:
    """Take samples out and write down why, for them and for each of their events."""
    names = pl.DataFrame(piece.samples.select(["recording_id", "sample_id", "responses", "merged"]))
    gone = gone.sort("turn").with_columns(names[gone.sort("turn")["turn"]])
    turns = gone.select("recording_id", "reason", "detail", subject_id="sample_id", is_turn=pl.lit(value=True))
    events = _placed(events_of(gone), read)
    kept = ~pl.int_range(len(names), eager=True).is_in(gone["turn"].to_list())
    # The rows that stay are counted anew.
    place = kept.cum_sum() - 1
    return replace(
        piece,
        samples=piece.samples.filter(kept.to_arrow()),
        rejects=pl.concat([piece.rejects, turns, events], how="diagonal"),
        replies=_moved(piece.replies, kept, place),
        emotes=_moved(piece.emotes, kept, place),
    )


def _moved(rows: pl.DataFrame, kept: pl.Series, place: pl.Series) -> pl.DataFrame:
    chosen = rows.filter(kept.gather(rows["turn"]))
    return chosen.with_columns(turn=place.gather(chosen["turn"]))


def events_of(samples: pl.DataFrame) -> pl.DataFrame:
    """Return a reject of each event, kept or merged away, of samples that are left out."""
    names = [
        samples.select(
            "recording_id",
            detail=pl.format("turn {}: {}", "sample_id", "reason"),
            subject_id=pl.col(column).list.eval(pl.element().struct.field("event_id")),
        )
        .explode("subject_id")
        .drop_nulls("subject_id")
        for column in ("responses", "merged")
    ]
    return pl.concat(names).with_columns(reason=pl.lit(TURN_REJECTED), is_turn=pl.lit(value=False))


def _placed(rejects: pl.DataFrame, read: Callable[[str], Tables]) -> pl.DataFrame:
    """Give events that were rejected after their recording had been worked on their place in the source."""
    nowhere = {"source_id": pl.lit(None, pl.String), "source_row": pl.lit(None, pl.Int64)}
    parts = [rejects.clear().with_columns(**nowhere)]
    for (name,), rows in rejects.group_by("recording_id", maintain_order=True):
        places = pl.DataFrame(read(str(name))[1].select([*EVENT_KEY, "source_id", "source_row"]))
        parts.append(rows.join(places, left_on=["recording_id", "subject_id"], right_on=EVENT_KEY, how="left"))
    return pl.concat(parts)


def _rejects(rejects: pl.DataFrame) -> pa.Table:
    table = rejects.with_columns(stage=pl.lit(STAGE)).select(REJECTS.schema.names).to_arrow()
    return REJECTS.conform(table, sort=True)
