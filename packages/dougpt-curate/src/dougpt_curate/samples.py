"""Links to samples: one row an answered turn, with what was said before, every reply, and what became of the rest.

Recordings do not see one another here: the same recording gives the same samples whatever stands
beside it, and recordings can be worked on in pieces of any size.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import Names

from dougpt_curate import balance, dedupe, quality
from dougpt_curate.accepted import Material, accepted_links
from dougpt_curate.assemble import assembled, offsets
from dougpt_curate.dedupe import pair
from dougpt_curate.fingerprints import fingerprints
from dougpt_curate.rates import bucket, chat_rates
from dougpt_curate.settings import CurateSettings
from dougpt_curate.style import styles
from dougpt_curate.texts import numbered, told
from dougpt_curate.turns import contexts, sample_ids, turns_of

NO_RESPONSE_LEFT = "no_response_left"
OVER_CAP = "over_cap"
TURN_REJECTED = "turn_rejected"
EVENT_KEY = ["recording_id", "event_id"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Samples of some recordings and what was left out on the way.

    Attributes:
        samples: The columns of the samples contract but the split, then `start_ms`, `end_ms`, `merged`, the events
            that were merged away and into which, and `labelled`, those that a person linked; in the contract's order.
        rejects: Rows of `recording_id`, `subject_id`, `source_id`, `source_row`, `reason`, `detail` and `is_turn`.
        replies: The replies of the samples, in the same order, with what a profile is made from; `turn` is the row
            of the sample.
        emotes: `reply`, its row, `turn` and `name` of the emotes that replies hold, each once a reply.
        long: `event`, its number in the order of time, `turn`, `multiplicity` and `key` of replies long enough for
            copypasta.
        spoken: How many turns there were.
        answered: How many had an accepted link.
    """

    samples: pa.Table
    rejects: pl.DataFrame
    replies: pl.DataFrame
    emotes: pl.DataFrame
    long: pl.DataFrame
    spoken: int
    answered: int


def make_samples(material: Material, settings: CurateSettings, names: Names | None = None) -> Piece:
    """Return the samples of the accepted links of some recordings."""
    turns = turns_of(material.utterances)
    turns = turns.with_columns(
        personal=quality.holds_personal_data(pl.col("prompt")) if settings.drop_personal_data else pl.lit(value=False),
        offensive=quality.offensive(turns["prompt"], settings),
    ).with_columns(private=pl.col("personal") | pl.col("offensive"))
    links = accepted_links(material, turns).rename({"turn": "spoken"})
    asked = _asked(turns, links, material, settings)
    links, texts = _numbered(links, asked, material, settings, names)
    facts = texts.drop("text", "key", "key_number", "key_characters").select(pl.all().gather(links["text_id"]))
    judged = quality.judge(links.with_columns(facts), quality.reply_rules(settings))
    replies = judged.filter("kept").select(links.columns).sort(pair("turn", "event"))
    kept, merged = dedupe.merge_copies(replies, texts, settings)
    kept, merged, capped = _capped(kept, merged, settings)
    kept = kept.with_columns(styles(kept, texts, asked, settings))
    kept = kept.with_columns(balance.weights(kept.with_columns(recording_id="recording"), settings))

    silent = asked.filter("kept").join(kept, on="turn", how="anti", maintain_order="left")
    rejects = [
        _rejected_events(judged.filter(~pl.col("kept")), material),
        _rejected_events(capped, material),
        _rejected_turns(asked.filter(~pl.col("kept"))),
        _rejected_turns(silent.with_columns(reason=pl.lit(NO_RESPONSE_LEFT), detail=pl.lit(""))),
    ]
    answered = asked.filter("kept").join(kept, on="turn", how="semi", maintain_order="left")
    answered = answered.with_columns(
        chat_rates(answered, material.events, settings),
        pl.Series("context", contexts(turns, answered["spoken"].to_numpy().astype(np.int64), settings)),
    ).with_columns(rate_bucket=bucket(pl.col("rate"), settings))
    rows = answered.select("turn", row=pl.int_range(pl.len()))
    kept = kept.join(rows, on="turn", maintain_order="left").with_columns(turn="row").drop("row")
    answered = answered.with_columns(turn=pl.int_range(pl.len()))
    merged = merged.join(replies.select("event", "link"), on="event", maintain_order="left")
    return Piece(
        samples=assembled(answered, kept, merged, texts["text"], material),
        rejects=pl.concat(rejects),
        replies=_measures(kept, texts),
        emotes=_emotes(kept, material.events),
        long=_long(kept, texts, settings),
        spoken=len(turns),
        answered=len(asked),
    )


def _asked(turns: pl.DataFrame, links: pl.DataFrame, material: Material, settings: CurateSettings) -> pl.DataFrame:
    """The turns that have an accepted link, judged, in the order of samples, with their ids.

    `turn` counts them in that order, `spoken` is the number that they have among all turns.
    """
    linked = links.drop_nulls("spoken").select("spoken", "link", "shift_ms").sort("spoken", maintain_order=True)
    shifts = linked.group_by("spoken", maintain_order=True).agg(
        pl.len(), shift_ms=pl.col("shift_ms").median().fill_null(0).round().cast(pl.Int64)
    )
    ids = material.links["event_id"].gather(linked["link"]).to_arrow().cast(pa.string())
    events = pa.ListArray.from_arrays(offsets(shifts["len"]), ids)
    shifts = shifts.with_columns(links_fingerprint=fingerprints(pc.binary_join(events, "\n")))
    asked = turns.rename({"turn": "spoken"}).join(shifts.drop("len"), on="spoken", maintain_order="left")
    asked = asked.with_columns(sample_ids(asked)).drop("identity").sort("recording_id", "sample_id")
    return quality.judge(asked.with_row_index("turn"), quality.turn_rules(settings)).sort("turn")


def _numbered(
    links: pl.DataFrame, asked: pl.DataFrame, material: Material, settings: CurateSettings, names: Names | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return links with the numbers of their turn and text, and what is told of the texts."""
    turns = asked.select(
        "spoken",
        "turn",
        "prompt_is_question",
        turn_kept="kept",
        turn_reason=pl.when(~pl.col("kept")).then(pl.format("turn {}: {}", "sample_id", "reason")),
    )
    links = links.join(turns, on="spoken", how="left", maintain_order="left").drop("spoken")
    text_id, different = numbered(material.events["text"].gather(links["event"]))
    return links.with_columns(text_id.alias("text_id")), told(different, settings, names)


def _capped(
    replies: pl.DataFrame, merged: pl.DataFrame, settings: CurateSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Leave out later replies to a turn, with what was merged into them, where the settings cap their number."""
    over = pl.int_range(pl.len()).over("turn") >= settings.max_responses
    capped = replies.filter(over if settings.max_responses else pl.lit(value=False)).select("event")
    copies = merged.join(capped, left_on="into", right_on="event", how="semi").select("event")
    rejected = pl.concat([capped, copies]).with_columns(
        link=pl.lit(None, pl.UInt32),
        reason=pl.lit(OVER_CAP),
        detail=pl.lit(f"more than {settings.max_responses} replies to the turn"),
    )
    kept = replies.join(capped, on="event", how="anti", maintain_order="left")
    return kept, merged.join(copies, on="event", how="anti"), rejected


def _rejected_events(rows: pl.DataFrame, material: Material) -> pl.DataFrame:
    found = material.events.select(pl.col(*EVENT_KEY, "source_id", "source_row").gather(rows["event"]))
    # An event that does not exist is known by its link alone.
    unknown = material.links.select(pl.col(EVENT_KEY).gather(rows["link"]).name.prefix("linked_"))
    return pl.concat([found, unknown, rows.select("reason", "detail")], how="horizontal").select(
        recording_id=pl.coalesce("recording_id", "linked_recording_id"),
        subject_id=pl.coalesce("event_id", "linked_event_id"),
        source_id="source_id",
        source_row="source_row",
        reason="reason",
        detail="detail",
        is_turn=pl.lit(value=False),
    )


def _rejected_turns(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "recording_id",
        subject_id="sample_id",
        source_id=pl.lit(None, pl.String),
        source_row=pl.lit(None, pl.Int64),
        reason="reason",
        detail="detail",
        is_turn=pl.lit(value=True),
    )


def _measures(kept: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """What a profile is made from, one row a reply."""
    return pl.concat(
        [
            kept.select(
                "turn",
                "event",
                "author",
                "style",
                "weight",
                "multiplicity",
                "lag_ms",
                emote_only=pl.col("emote_share") >= 1,
            ),
            texts.select("characters", "words", "capitals")[kept["text_id"]],
        ],
        how="horizontal",
    )


def _emotes(kept: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    some = events.select("emotes").with_row_index("event").filter(pl.col("emotes").list.len() > 0)
    held = kept.select("turn", pl.col("event").cast(pl.UInt32)).with_row_index("reply")
    names = pl.col("emotes").list.eval(pl.element().struct.field("name")).list.unique(maintain_order=True)
    held = held.join(some, on="event", maintain_order="left").select("reply", "turn", name=names)
    return held.explode("name").drop_nulls("name")


def _long(kept: pl.DataFrame, texts: pl.DataFrame, settings: CurateSettings) -> pl.DataFrame:
    long = kept.filter(pl.col("key_characters") >= settings.copypasta_characters)
    return long.select("event", "turn", "multiplicity", key=texts["key"].gather(long["text_id"]))
