"""One of the processes of a run: `accelerate launch -m dougpt_train.rank WORK`, started by `dougpt_train.several`."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from torch.serialization import register_package

from dougpt_train.fitting import fit
from dougpt_train.progress import memory_held
from dougpt_train.record import read_settings
from dougpt_train.several import JOB, TOLD, read_job, write_results
from dougpt_train.threads import few_threads

PRIORITY = 30
"""Behind PyTorch's own ways of reading, which come first."""


def main() -> None:
    """Train with the other ranks; the first one tells and writes."""
    work = Path(sys.argv[1])
    first = os.environ["RANK"] == "0"
    settings = read_settings(work)
    base, rows = read_job(work / JOB)

    def tell(done: int, total: int, loss: float | None) -> None:
        if first:
            step = {"done": done, "total": total, "loss": loss, "memory_bytes": memory_held()}
            print(TOLD + json.dumps(step), flush=True)  # noqa: T201 (to the process that launched it)

    register_package(PRIORITY, lambda _: None, _on_a_numbered_cpu)
    with few_threads(settings):
        metrics, logits = fit(base, settings, rows, work, tell)
    if first:
        write_results(work / JOB, metrics, logits)


def _on_a_numbered_cpu(storage: Any, place: str) -> Any:
    """Read a checkpoint onto "cpu:0", as accelerate calls the CPU of several processes; PyTorch knows no such place."""
    return storage if place.startswith("cpu:") else None


if __name__ == "__main__":
    main()
