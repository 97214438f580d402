"""The page of a pipeline run: one HTML file that says what was done and how well it went.

facts = collect(workspace_root, dataset, run_id)
html = render_page(facts)
"""

from pathlib import Path

from dougpt_schema import MissingExtraError

from dougpt.page.facts import LineageRow, PageFacts, RecordingFacts

__all__ = ["LineageRow", "PageFacts", "RecordingFacts", "collect", "render_page"]

DRAWING = ("matplotlib", "jinja2", "markupsafe")


def collect(workspace_root: Path, dataset: str, run_id: str | None, *, model: str | None = None) -> PageFacts:
    """Read what the page shows of one run from a workspace; what is not there is named in `missing`.

    With `model`, the name of one that is no run of today's settings, the page is of this model alone: its evaluation,
    and its training where it comes from a run.

    Raises:
        ContractError: A table is there and not what its contract says.
        WorkspaceError: A report is there and no JSON.
    """
    from dougpt.page.collecting import read_facts  # noqa: PLC0415 - pyarrow.parquet is wanted only here

    return read_facts(workspace_root, dataset, run_id, model)


def render_page(facts: PageFacts) -> str:
    """Return the page as one HTML text that needs no network and runs no script; equal facts give equal text.

    Raises:
        MissingExtraError: matplotlib or jinja2 is not installed.
    """
    try:
        from dougpt.page.rendering import render  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in DRAWING:
            raise
        raise MissingExtraError("dougpt[report]", "the report page") from error
    return render(facts)
