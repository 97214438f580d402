"""The server is killed again and again between and within 200 answers: what it acknowledged is there, once."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random
from threading import Timer

import httpx2
import pytest
from dougpt_schema import LABELS
from dougpt_schema.journal import read_journal

pytestmark = pytest.mark.slow
OWNER = "a" * 16


class Server:
    """A process that is killed after a while, whatever it is doing."""

    def __init__(self, folder: Path, dies_after_s: float | None) -> None:
        script = Path(__file__).parent / "sitting.py"
        self.process = subprocess.Popen([sys.executable, script, folder], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        address = self.process.stdout.readline().strip()
        base = address.split("/?")[0]
        self.client = httpx2.Client(base_url=base, headers={"origin": base, "accept": "application/json"}, timeout=10)
        self.client.get(address, follow_redirects=True)
        self.timer = Timer(dies_after_s, self.process.kill) if dies_after_s is not None else None
        if self.timer:
            self.timer.start()

    def close(self) -> None:
        if self.timer:
            self.timer.cancel()
        self.process.kill()
        self.process.communicate()
        self.client.close()


def test_every_acknowledged_answer_is_there_once_however_often_the_server_is_killed(tmp_path: Path) -> None:
    random = Random(7)  # noqa: S311 - when to kill, no key
    acknowledged: dict[str, str] = {}
    pending: dict[str, str] | None = None
    kills = 0
    server = Server(tmp_path, random.uniform(0.05, 0.6))
    until = time.monotonic() + 300
    while len(acknowledged) < 200:
        assert time.monotonic() < until
        try:
            if pending is None:
                name = server.client.post("/next", data={"page": OWNER}).json()["name"]
                choice = random.choice(["none", "unsure", "reply:0:4000"])
                pending = {
                    "answer_id": f"{random.getrandbits(128):032x}",
                    "question": name,
                    "choice": choice,
                    "page": OWNER,
                }
            answer = server.client.post("/answer", data=pending)
            assert answer.status_code == 200, answer.text
            acknowledged[answer.json()["label"]] = pending["question"]
            pending = None
        except httpx2.TransportError:
            kills += 1
            server.close()
            server = Server(tmp_path, random.uniform(0.05, 0.6) if kills < 15 else None)
    server.close()

    rows = [row for path in tmp_path.glob("*.jsonl") for row in read_journal(path, LABELS).to_pylist()]
    kept = [row["label_id"] for row in rows]
    assert kills >= 5
    assert sorted(acknowledged) == sorted(kept) == sorted(set(kept))
    assert len({row["event_id"] for row in rows}) == len(rows)
