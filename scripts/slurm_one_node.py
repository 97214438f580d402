"""The same workflow through Slurm: a cluster of one node on this machine, started for the time of the run.

    just slurm

Needs Debian's packages: apt-get install -y slurmctld slurmd slurm-client munge. Everything else lies in a temporary
folder: a key for munge, slurm.conf, the state of the daemons; they listen on loopback alone and end with the script.
A few tiny recordings are run up to curation, here and through Slurm, two jobs at a time. Exits with 1 where the tables
are not the same bytes or the jobs did not go through Slurm.
"""

import argparse
import contextlib
import getpass
import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "pipeline"))

import tiny
from kill_pipeline import dougpt, make_workspace, tables

PACKAGES = "slurmctld slurmd slurm-client munge"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo", "scontrol")
ELSEWHERE = "/usr/sbin"
CPUS = 2
PATIENCE_S = 60
# No cgroups: a container has none to give. A real cluster has its own slurm.conf; nothing of dougpt is in it.
CONF = """\
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort={controller_port}
SlurmdPort={node_port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
MinJobAge=300
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=16000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
CGROUP = "CgroupPlugin=cgroup/v1\n"  # slurmd 22.05 wants one named, and this one touches nothing until it is used
OPTIONS = (
    "--executor=slurm",
    f"--jobs={CPUS}",
    "--slurm-status-command=squeue",
    "--slurm-init-seconds-before-status-checks=5",
    "--default-resources",
    "slurm_partition=debug",
    "slurm_account=nobody",
    "runtime=60",
    "--latency-wait=30",
)


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Start a cluster of this machine whose files lie below `folder`; end it afterwards."""
    host = socket.gethostname().partition(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o600)
    ports = {"controller_port": free_port(), "node_port": free_port()}
    conf = CONF.format(host=host, user=getpass.getuser(), folder=folder, cpus=CPUS, **ports)
    (folder / "slurm.conf").write_text(conf, encoding="utf-8")
    (folder / "cgroup.conf").write_text(CGROUP, encoding="utf-8")
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    keep_finding_the_conf(folder)
    places = {"key-file": key.name, "socket": "munge.socket", "pid-file": "munge.pid", "log-file": "munge.log"}
    munge = ["munged", "--foreground", "--force", *(f"--{name}={folder / place}" for name, place in places.items())]
    commands = [[*munge, f"--seed-file={folder / 'munge.seed'}"], ["slurmctld", "-D", "-c"], ["slurmd", "-D"]]
    daemons: list[subprocess.Popen[bytes]] = []
    with (folder / "daemons.log").open("wb") as log:
        try:
            for command in commands:
                daemons.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))
                time.sleep(1)
            wait_for_node(folder, daemons)
            yield
        finally:
            for daemon in reversed(daemons):
                daemon.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    daemon.wait(timeout=PATIENCE_S)


def keep_finding_the_conf(folder: Path) -> None:
    """Put an srun first in PATH that knows the conf: Snakemake takes Slurm's variables out of the environment of jobs.

    A real cluster has its conf in /etc, which is not ours to write.
    """
    place = folder / "bin" / "srun"
    place.parent.mkdir()
    line = f'export SLURM_CONF={shlex.quote(str(folder / "slurm.conf"))}; exec {shutil.which("srun")} "$@"'
    place.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    place.chmod(0o755)
    os.environ["PATH"] = f"{place.parent}{os.pathsep}{os.environ['PATH']}"


def wait_for_node(folder: Path, daemons: "list[subprocess.Popen[bytes]]") -> None:
    """Wait until the node takes jobs; stop with the logs where it does not."""
    until = time.monotonic() + PATIENCE_S
    while "idle" not in output("sinfo", "--noheader", "--format=%T"):
        if time.monotonic() > until or any(daemon.poll() is not None for daemon in daemons):
            logs = [path.read_text(errors="replace")[-1500:] for path in sorted(folder.glob("*.log"))]
            sys.exit("the cluster does not start:\n" + "\n".join(logs))
        time.sleep(0.5)


def output(*command: str) -> str:
    """Return what a command prints, nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def pipeline(place: Path, recordings: Path, *options: str) -> float:
    """Run the pipeline up to curation and return its seconds; stop where it fails."""
    words = ["pipeline", str(recordings), "--workspace", str(place), "--yes", "--until", "curate", "--cores", str(CPUS)]
    began = time.monotonic()
    done = subprocess.run([*dougpt(), *words, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        logs = [f"{path}:\n{path.read_text(errors='replace')[-1500:]}" for path in place.rglob("slurm_logs/**/*.log")]
        sys.exit("\n".join([f"the pipeline ended with {done.returncode}:", done.stderr, *logs]))
    return time.monotonic() - began


class Watch:
    """Counts the jobs of the queue while something runs."""

    def __init__(self) -> None:
        self.most, self.jobs, self._over = 0, set[str](), threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(1.0):
            rows = [
                line.split() for line in output("squeue", "--noheader", "--format=%i %T", "--states=all").splitlines()
            ]
            self.jobs |= {row[0] for row in rows}
            self.most = max(self.most, sum(row[1] == "RUNNING" for row in rows))


def main() -> int:
    """Run both and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=3)
    chosen = parser.parse_args()
    os.environ["PATH"] += os.pathsep + ELSEWHERE
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        sys.exit(f"{', '.join(missing)} not found: apt-get install -y {PACKAGES}")
    with tempfile.TemporaryDirectory(prefix="slurm-") as name:
        folder = Path(name)
        tiny.make_recordings(folder / "in", chosen.recordings, minutes=3)
        here, there = make_workspace(folder / "here"), make_workspace(folder / "there")
        (folder / "slurm").mkdir(mode=0o755)
        with cluster(folder / "slurm"):
            here_s = pipeline(here, folder / "in")
            print(f"here: {here_s:.0f} s", flush=True)
            version = re.sub(r"\s+", " ", output("sinfo", "--version")).strip()
            with Watch() as watch:
                there_s = pipeline(there, folder / "in", *(f"--snakemake={option}" for option in OPTIONS))
        print(f"through {version}: {there_s:.0f} s, {len(watch.jobs)} jobs, {watch.most} at a time", flush=True)
        ours, theirs = tables(here), tables(there)
        different = sorted(one for one in ours.keys() | theirs.keys() if ours.get(one) != theirs.get(one))
        if different or not watch.jobs:
            print(f"not the same: {', '.join(different) or 'no job went through Slurm'}")
            return 1
        print(f"{len(ours)} tables of the same bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
