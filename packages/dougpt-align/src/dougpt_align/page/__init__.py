"""The report page of an alignment: one HTML file that says who answered what, how sure that is, and why not.

found = align(utterances, chat_events)
html = draw_page(found, utterances, chat_events)
"""

from dougpt_schema import ArrowStream, MissingExtraError

from dougpt_align.aligner import Alignment

__all__ = ["draw_page"]

DRAWING = ("matplotlib", "jinja2", "markupsafe")


def draw_page(
    alignment: Alignment,
    utterances: ArrowStream,
    chat_events: ArrowStream,
    *,
    labels: ArrowStream | None = None,
    name: str = "",
) -> str:
    """Return the page as one HTML text that needs no network and runs no script; equal inputs give equal text.

    Args:
        alignment: What `align` returned.
        utterances: The `utterances` table that it was given.
        chat_events: The `chat_events` table that it was given.
        labels: The `labels` table that it was given; the reliability curve is drawn from them.
        name: What people call the recording, beside its id.

    Raises:
        MissingExtraError: matplotlib or jinja2 is not installed.
        ContractError: A table breaks its contract.
        ValueError: The tables are not those that the alignment was made from.
    """
    try:
        from dougpt_align.page.rendering import render  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in DRAWING:
            raise
        raise MissingExtraError("dougpt-align[report]", "the report page of an alignment") from error
    return render(alignment, utterances, chat_events, labels, name)
