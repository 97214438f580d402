"""One run in several processes, one on each GPU: rows, checks and record are made in one place, the training in all.

The process that was told to train prepares, checks and records as for any other run. It writes what a rank needs to
`<work>/job`, has accelerate launch the ranks (`dougpt_train.rank`), hands on what the first of them tells, and goes on
once all have ended. A rank whose launcher is gone ends at its next step, since nobody takes what it tells.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file, save_file

from dougpt_train.base import Base, find_device, open_folder, spread
from dougpt_train.errors import SeveralProcessesError
from dougpt_train.fitting import Learning
from dougpt_train.progress import Teller
from dougpt_train.record import METRICS, write_json
from dougpt_train.render import Encoded, Row
from dougpt_train.settings import TrainSettings

JOB = "job"
BASE_PLACE, LOGITS = "base.json", "logits.safetensors"
ROWS = ("training", "validation", "probes")
TOLD = "dougpt-train: "
PATIENCE_S = 30.0
WITHOUT_TEXT = Row("", "", "burst", "", "")


def fit_in_several(
    base: Base, settings: TrainSettings, rows: Learning, work: Path, tell: Teller
) -> tuple[dict[str, Any], torch.Tensor]:
    """Do what `dougpt_train.fitting.fit` does, in as many processes as the settings say.

    Args:
        base: A base with weights.
        settings: The run's.
        rows: What to train on.
        work: The run's working folder, which holds its settings.
        tell: Told of each step.

    Raises:
        SeveralProcessesError: A process failed; what it said stands above.
    """
    job = work / JOB
    write_job(job, base, rows)
    if torch.cuda.is_available():
        torch.cuda.empty_cache()  # what the checks held, on the first rank's GPU
    run_ranks(launch_command(settings, work), tell)
    metrics = json.loads((job / METRICS).read_text(encoding="utf-8"))
    return metrics, load_file(job / LOGITS)["logits"]


def launch_command(settings: TrainSettings, work: Path) -> list[str]:
    """Return the command that starts the ranks of a prepared run."""
    way = "fsdp" if spread(settings, find_device(settings)) else "ddp"
    config = Path(__file__).parent / "launch" / f"{way}.yaml"
    accelerate = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(config)]
    return [*accelerate, "--num_processes", str(settings.processes), "-m", "dougpt_train.rank", str(work)]


def write_job(job: Path, base: Base, rows: Learning) -> None:
    """Write what a rank trains on: tokens, and where the base lies."""
    job.mkdir(exist_ok=True)
    write_json(job / BASE_PLACE, {"name": base.name, "folder": str(base.folder)})
    for name in ROWS:
        some: Sequence[Encoded] = getattr(rows, name)
        columns = {"ids": [row.ids for row in some], "prompt_ids": [row.prompt_ids for row in some]}
        tokens = pa.list_(pa.int32())
        pq.write_table(
            pa.table(columns, schema=pa.schema({"ids": tokens, "prompt_ids": tokens})), job / f"{name}.parquet"
        )


def read_job(job: Path) -> tuple[Base, Learning]:
    """Return what `write_job` wrote; rows come back as tokens alone."""
    place = json.loads((job / BASE_PLACE).read_text(encoding="utf-8"))
    rows = [
        [
            Encoded(WITHOUT_TEXT, row["prompt_ids"], row["ids"])
            for row in pq.read_table(job / f"{name}.parquet").to_pylist()
        ]
        for name in ROWS
    ]
    return open_folder(place["name"], Path(place["folder"])), Learning(*rows)


def write_results(job: Path, metrics: dict[str, Any], logits: torch.Tensor) -> None:
    """Write what came out, for the process that launched the ranks."""
    write_json(job / METRICS, metrics)
    save_file({"logits": logits.contiguous()}, job / LOGITS)


def run_ranks(command: list[str], tell: Teller) -> None:
    """Run the ranks to their end and hand on what the first one tells.

    Raises:
        SeveralProcessesError: One of them failed.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as launcher:
        try:
            for line in launcher.stdout or ():
                if line.startswith(TOLD):
                    tell(**json.loads(line.removeprefix(TOLD)))
                else:
                    sys.stderr.write(line)
        except BaseException:
            launcher.terminate()  # the launcher ends its ranks
            launcher.wait(PATIENCE_S)
            raise
    if launcher.returncode:
        raise SeveralProcessesError(
            f"a training process failed (exit code {launcher.returncode}): what it said stands above"
        )
