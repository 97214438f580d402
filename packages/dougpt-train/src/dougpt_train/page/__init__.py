"""The page of a run: what was checked, how the loss went, what a model reads and learns, and what identifies it all.

html = draw_page("run")
"""

from pathlib import Path

from dougpt_schema import MissingExtraError

__all__ = ["draw_page"]

DRAWING = ("matplotlib", "jinja2", "markupsafe")


def draw_page(run_folder: Path | str, *, quoting: bool = True) -> str:
    """Return a finished run's page as one HTML text that needs no network and runs no script; equal runs, equal text.

    Args:
        run_folder: What `train` wrote.
        quoting: Show a few rows of the samples and where the base lies; false for a page that leaves the machine.

    Raises:
        MissingExtraError: matplotlib or jinja2 is not installed.
        RunFolderError: The run is not complete.
    """
    try:
        from dougpt_train.page.rendering import render  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in DRAWING:
            raise
        raise MissingExtraError("dougpt-train[report]", "the page of a run") from error
    return render(Path(run_folder), quoting=quoting)
