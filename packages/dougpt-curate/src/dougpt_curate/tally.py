"""What becomes of links and turns, in counts that add up over pieces of a dataset."""

from collections import Counter
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import Split

from dougpt_curate.fingerprints import fingerprints
from dougpt_curate.samples import Piece
from dougpt_curate.talk import Talk, counted

LAG_UNIT_MS = 1000
SAMPLE_FACTS = ("recording_id", "sample_id", "split", "rate_bucket", "start_ms", "end_ms")
HELD_OUT_FACTS = ("split", "sample_id", "links_fingerprint", "rate_bucket", "prompt")


@dataclass(frozen=True, slots=True)
class LinkCounts:
    """How many links there are, and how many of them were not accepted for each reason."""

    total: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, links: pa.Table) -> "LinkCounts":
        """Count a table of links."""
        reasons = pc.value_counts(links["reason"].drop_null()).to_pylist()
        return cls(links.num_rows, Counter({row["values"]: row["counts"] for row in reasons}))

    def __add__(self, other: "LinkCounts") -> "LinkCounts":
        """Count both together."""
        return LinkCounts(self.total + other.total, self.reasons + other.reasons)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over some recordings.

    Attributes:
        links: Their links.
        spoken: Turns.
        answered: Turns with an accepted link.
        merged: Replies merged away as copies.
        lost_replies: Reason -> rejected replies.
        lost_turns: Reason -> rejected turns.
        splits: (split, what) -> `recordings`, `samples`, `replies`, and `ms` of prompts.
        contexts: `turns` in the contexts of all samples, and samples `without` any.
        lags: Whole seconds from the end of the words to the reply -> replies.
        trained: How the replies talk that are trained on.
        others: How the others do.
        held_out: Recording -> fingerprint of its samples that are not trained on, and of the links behind them: what a
            model is asked and what chat answered, but not the weights, by which nothing is measured.
    """

    links: LinkCounts = field(default_factory=LinkCounts)
    spoken: int = 0
    answered: int = 0
    merged: int = 0
    lost_replies: Counter[str] = field(default_factory=Counter)
    lost_turns: Counter[str] = field(default_factory=Counter)
    splits: Counter[tuple[str, str]] = field(default_factory=Counter)
    contexts: Counter[str] = field(default_factory=Counter)
    lags: Counter[int] = field(default_factory=Counter)
    trained: Talk = field(default_factory=Talk)
    others: Talk = field(default_factory=Talk)
    held_out: dict[str, str] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        """Count both together."""
        return Tally(
            self.links + other.links,
            self.spoken + other.spoken,
            self.answered + other.answered,
            self.merged + other.merged,
            self.lost_replies + other.lost_replies,
            self.lost_turns + other.lost_turns,
            self.splits + other.splits,
            self.contexts + other.contexts,
            self.lags + other.lags,
            self.trained + other.trained,
            self.others + other.others,
            self.held_out | other.held_out,
        )


def tally(piece: Piece, links: LinkCounts) -> Tally:
    """Count what became of some recordings, whose samples have a `split`, and whose links were `links`."""
    samples, replies = piece.samples, piece.replies
    facts = pl.DataFrame(samples.select(SAMPLE_FACTS)).with_columns(
        replies=pl.Series(pc.list_value_length(samples["responses"])),
        context=pl.Series(pc.list_value_length(samples["context"])),
    )
    trained = facts["split"] == Split.TRAIN.value
    lost = {is_turn: piece.rejects.filter(pl.col("is_turn") == is_turn) for is_turn in (False, True)}
    seconds = replies.select((pl.col("lag_ms") / LAG_UNIT_MS).floor().cast(pl.Int64)).to_series()
    return Tally(
        links=links,
        spoken=piece.spoken,
        answered=piece.answered,
        merged=pc.sum(pc.list_value_length(samples["merged"])).as_py() or 0,
        lost_replies=counted(lost[False]["reason"]),
        lost_turns=counted(lost[True]["reason"]),
        splits=_splits(facts),
        contexts=Counter(turns=int(facts["context"].sum()), without=int((facts["context"] == 0).sum())),
        lags=counted(seconds),
        trained=_talk(facts, replies, piece.emotes, trained),
        others=_talk(facts, replies, piece.emotes, ~trained),
        held_out=_held_out(samples.filter((~trained).to_arrow())),
    )


def _talk(facts: pl.DataFrame, replies: pl.DataFrame, emotes: pl.DataFrame, chosen: pl.Series) -> Talk:
    if not chosen.any():
        return Talk()
    if chosen.all():
        return Talk.of(facts, replies, emotes)
    of_turn = [rows.filter(chosen.gather(rows["turn"])) for rows in (replies, emotes)]
    return Talk.of(facts.filter(chosen), *of_turn)


def _splits(facts: pl.DataFrame) -> Counter[tuple[str, str]]:
    counts = facts.group_by("split").agg(
        recordings=pl.col("recording_id").n_unique(),
        samples=pl.len(),
        replies=pl.col("replies").sum(),
        ms=(pl.col("end_ms") - pl.col("start_ms")).sum(),
    )
    return Counter(
        {
            (split, what): row[what]
            for split, row in zip(counts["split"], counts.drop("split").to_dicts(), strict=True)
            for what in row
        }
    )


def _held_out(samples: pa.Table) -> dict[str, str]:
    rows = pl.DataFrame(samples.select(["recording_id", *HELD_OUT_FACTS, "context", "responses"]))
    answers = pl.col("responses").list.eval(
        pl.format("{} {} {}", *(pl.element().struct.field(name) for name in ("event_id", "multiplicity", "text")))
    )
    told = pl.concat_str(*HELD_OUT_FACTS, pl.col("context").list.join("\n"), answers.list.join("\n"), separator="\n")
    found = (
        rows.sort("recording_id", "sample_id")
        .group_by("recording_id", maintain_order=True)
        .agg(told=told.str.join("\n\n"))
    )
    return dict(zip(found["recording_id"], fingerprints(found["told"].to_arrow()), strict=True))
