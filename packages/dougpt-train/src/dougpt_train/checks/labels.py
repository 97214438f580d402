"""P2 to P8: what the model will read and what it will learn, in every single row."""

from collections import Counter
from collections.abc import Sequence
from statistics import quantiles

from dougpt_train.checks.check import Check, judge
from dougpt_train.checks.reading import Learnt, shown_rows
from dougpt_train.prepare import Prepared
from dougpt_train.tokens import THINKING, texts_of, tokenised

MOST_LEFT_OUT = 0.02
MOST_SHORTENED = 0.25


def check_rendering(prepared: Prepared) -> Check:
    """P2: every sample was rendered, no turn is empty, nothing a viewer typed can act as a control token."""
    report = prepared.report
    empty = sum(not row.row.user.strip() or not row.row.reply.strip() for row in prepared.rows)
    found = (
        f"{len(prepared.rows)} rows of {report.samples} samples; {report.control_tokens_defused} control tokens defused"
    )
    if not prepared.rows:
        found = f"no rows come of {report.samples} samples"
    elif empty:
        found = f"{empty} of {len(prepared.rows)} rows have an empty turn"
    return Check("P2", "rendering", judge(failed=empty or not prepared.rows), found, report.to_dict())


def check_labels(prepared: Prepared, learnt: Learnt) -> Check:
    """P3: the labels of every row decode to exactly its reply and one stop token."""
    never_stops = sum(not stops for stops in learnt.stops)
    wrong = [
        text
        for row, stops, text in zip(prepared.rows, learnt.stops, learnt.texts, strict=True)
        if stops and text != row.row.reply
    ]
    facts = {"never_stops": never_stops, "wrong": len(wrong), "shown": shown_rows(prepared)}
    found = f"in all {len(prepared.rows)} rows the labels are the reply and a stop token"
    if never_stops or wrong:
        example = wrong[0] if wrong else learnt.texts[learnt.stops.index(False)]
        found = (
            f"{never_stops} rows teach no stop, {len(wrong)} rows teach something else than the reply, "
            f"such as {example!r}"
        )
    return Check("P3", "labels", judge(failed=never_stops or wrong), found, facts)


def check_prompts(prepared: Prepared, learnt: Learnt) -> Check:
    """P4: every row starts with exactly the tokens that the model is asked with later."""
    broken = sum(row.ids[: len(row.prompt_ids)] != row.prompt_ids for row in prepared.rows)
    thinks = any(mark in prepared.base.tokenizer.chat_template for mark in THINKING)
    thinking = sum(any(mark in text for mark in THINKING) for text in learnt.texts) if thinks else 0
    found = f"the prompt of all {len(prepared.rows)} rows is the one the model is asked with"
    if broken:
        found = f"{broken} rows do not start with the prompt that the model is asked with"
    elif thinking:
        found = f"{thinking} rows teach to think before the reply"
    facts = {"not_prefix": broken, "thinking": thinking}
    return Check("P4", "prompts", judge(failed=broken or thinking), found, facts)


def check_control_tokens(prepared: Prepared) -> Check:
    """P5: one token of beginning at most, a stop that generation knows, padding that is no stop."""
    tokenizer = prepared.base.tokenizer
    begin, pad, end = tokenizer.bos_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id
    twice = sum(row.prompt_ids.count(begin) > 1 for row in prepared.rows) if begin is not None else 0
    facts = {"begin": begin, "pad": pad, "end": end, "stops": list(prepared.base.stop_ids), "begin_twice": twice}
    if end is None:
        found = "the tokenizer has no end token"
    elif twice:
        found = f"{twice} prompts begin twice"
    elif pad is None or pad in prepared.base.stop_ids:
        found = "padding is a stop token: masked here by position, but other collators would unlearn to stop"
    else:
        stops = ", ".join(tokenizer.convert_ids_to_tokens(list(prepared.base.stop_ids)))
        found = f"answers end in {stops}; padding is {tokenizer.pad_token}"
    failed = twice or end is None
    warned = pad is None or pad in prepared.base.stop_ids
    return Check("P5", "control tokens", judge(failed=failed, warned=warned), found, facts)


def check_lengths(prepared: Prepared) -> Check:
    """P6: no answer was cut, few were left out, prompts fit."""
    settings, report = prepared.settings, prepared.report
    lengths = [len(row.ids) for row in prepared.rows]
    limit = getattr(prepared.base.config, "max_position_embeddings", None)
    over = [row for row in prepared.rows if len(row.prompt_ids) > settings.prompt_tokens]
    too_long = sum(length > limit for length in lengths) if limit else 0
    n_rows = max(1, len(lengths) + report.replies_too_long)
    left_out = report.replies_too_long / n_rows
    shortened = report.prompts_shortened / max(1, report.samples)
    facts = _quantiles(lengths) | {
        "left_out_share": round(left_out, 4),
        "prompts_shortened_share": round(shortened, 4),
        "bursts_shortened": report.bursts_shortened,
    }
    found = (
        f"{facts['p50']} tokens a row (99 %: {facts['p99']}, longest {facts['most']}); no answer cut, "
        f"{left_out:.1%} left out as too long, {shortened:.1%} of prompts shortened"
    )
    if over:
        found = f"{len(over)} prompts stay over {settings.prompt_tokens} tokens: the template itself is longer"
    elif too_long:
        found = f"{too_long} rows are longer than the {limit} positions of the model"
    warned = left_out > MOST_LEFT_OUT or shortened > MOST_SHORTENED
    return Check("P6", "lengths", judge(failed=over or too_long, warned=warned), found, facts)


def check_vocabulary(prepared: Prepared, learnt: Learnt) -> Check:
    """P7: nothing was added to the vocabulary, and every reply can be written and read back.

    Labels that decode to their reply have been read back already; only the others are looked at again.
    """
    tokenizer = prepared.base.tokenizer
    table_rows = prepared.base.config.get_text_config().vocab_size
    replies = {row.row.reply for row in prepared.rows}
    doubtful = sorted(
        {row.row.reply for row, text in zip(prepared.rows, learnt.texts, strict=True) if text != row.row.reply}
    )
    read_back = texts_of(tokenizer, tokenised(tokenizer, doubtful))
    lost = [reply for reply, back in zip(doubtful, read_back, strict=True) if back != reply]
    facts = {
        "tokens": len(tokenizer),
        "embedding_rows": table_rows,
        "replies": len(replies),
        "not_read_back": len(lost),
    }
    found = f"{len(replies)} different replies are read back as written with {len(tokenizer)} tokens"
    if len(tokenizer) > table_rows:
        found = f"the tokenizer has {len(tokenizer)} tokens, the model {table_rows}: tokens were added"
    elif lost:
        found = f"{len(lost)} replies are not read back as written, first {lost[0]!r}"
    return Check("P7", "vocabulary", judge(failed=len(tokenizer) > table_rows or lost), found, facts)


def check_amounts(prepared: Prepared) -> Check:
    """P8: how much there is to learn, from how many recordings, how much of it is the same; whether patience acts."""
    learnt = sum(len(row.ids) - len(row.prompt_ids) for row in prepared.rows)
    total = sum(len(row.ids) for row in prepared.rows)
    per_recording = Counter(row.row.recording_id for row in prepared.rows)
    (top_reply, top_count), *_ = Counter(row.row.reply for row in prepared.rows).most_common(1) or [("", 0)]
    n_rows = max(1, len(prepared.rows))
    facts = {
        "tokens": total,
        "learnt_share": round(learnt / max(1, total), 4),
        "rows_per_recording": _quantiles(list(per_recording.values())),
        "commonest_reply": top_reply,
        "commonest_share": round(top_count / n_rows, 4),
    }
    found = (
        f"{total} tokens, {learnt / max(1, total):.0%} of them learnt, from {len(per_recording)} recordings; "
        f"{top_count / n_rows:.0%} of the rows answer {top_reply!r}"
    )
    settings, measured = prepared.settings, _measurements(prepared)
    idle = 0 < settings.patience >= measured
    if idle:
        found += f"; patience = {settings.patience} ends no run: it is measured on held-out rows {measured} times"
    return Check("P8", "amounts", judge(failed=not learnt, warned=idle or top_count > n_rows / 4), found, facts)


def _measurements(prepared: Prepared) -> int:
    """Return how often a run is measured on held-out rows before it ends by itself."""
    settings = prepared.settings
    if not prepared.validation_rows or not settings.eval_steps:
        return 0
    steps = -(-len(prepared.rows) // (settings.batch_rows * settings.accumulate * settings.processes))
    return min(steps, settings.max_steps or steps) // settings.eval_steps


def _quantiles(values: Sequence[int]) -> dict[str, object]:
    if not values:
        return {"p50": 0, "p95": 0, "p99": 0, "most": 0}
    cuts = quantiles(values, n=100, method="inclusive") if len(values) > 1 else [float(values[0])] * 99
    return {"p50": round(cuts[49]), "p95": round(cuts[94]), "p99": round(cuts[98]), "most": max(values)}
