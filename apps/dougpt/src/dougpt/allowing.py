"""Which expectations of a dataset a person lets pass: for one recipe, so that the next dataset is judged anew."""

from collections.abc import Iterable

from dougpt_schema import atomic_write

from dougpt.workspace import Workspace, read_json, to_json

FILE = "allowed.json"


def allow(workspace: Workspace, dataset: str, recipe: str, names: Iterable[str]) -> None:
    """Write down that these expectations may fail in the dataset of this recipe, beside those allowed before."""
    both = sorted({*allowed(workspace, dataset, recipe), *names})
    atomic_write(workspace.dataset(dataset) / FILE, to_json({"recipe": recipe, "allow": both}))


def allowed(workspace: Workspace, dataset: str, recipe: str) -> tuple[str, ...]:
    """Return the names that may fail in the dataset of this recipe."""
    path = workspace.dataset(dataset) / FILE
    if not path.is_file():
        return ()
    found = read_json(path)
    return tuple(found["allow"]) if found["recipe"] == recipe else ()
