"""A server is asked over real HTTP: a small one stands on the loopback, whose model of text is known by heart."""

import contextlib
import json
import math
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa
import pytest
from dougpt_eval import EvaluateSettings, Report, evaluate
from dougpt_eval.answers import CannotScoreError
from dougpt_eval.http import Client, ServerError
from dougpt_eval.server import Sampling, ServerModel
from dougpt_eval.suite import with_replies
from dougpt_eval.transcript import Transcript, draw_examples
from dougpt_schema import Model
from hypothesis import given, settings
from hypothesis import strategies as st

EACH = math.log(1 / 50)  # what the server's model gives to every character

# As transformers serve 4.57 answers, streaming asked for or not.
STREAMED = b"""data: {"choices":[{"delta":{"role":"assistant"},"index":0}],"object":"chat.completion.chunk"}

data: {"choices":[{"delta":{"content":"gg\\n"},"index":0}],"object":"chat.completion.chunk"}

data: {"choices":[{"delta":{"content":"we "},"index":0}],"object":"chat.completion.chunk"}

data: {"choices":[{"delta":{"content":"won"},"index":0}],"object":"chat.completion.chunk"}

data: {"choices":[{"delta":{},"finish_reason":"stop","index":0}],"object":"chat.completion.chunk"}

data: [DONE]

"""


class Answers(BaseHTTPRequestHandler):
    """Speaks as much of OpenAI's interface as is used; its server's `mood` decides how well."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.tell({"data": [{"id": name} for name in self.server.models]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, asked, dict(self.headers)))
        mood = self.server.mood
        if mood == "slow":
            time.sleep(0.3)
        if mood == "busy" and len(self.server.asked) < 3:
            self.tell({"error": "loading the model"}, status=503)
        elif mood == "angry":
            self.tell({"error": {"message": "no such model: tiny"}}, status=404)
        elif mood == "prose":
            self.send(b"<html>It works!</html>", 200)
        elif mood == "away":
            self.send(b"", 302, Location="http://example.org/")
        elif mood == "stream":
            self.send(STREAMED, 200, **{"Content-Type": "text/event-stream; charset=utf-8"})
        elif self.path.endswith("chat/completions"):
            said = f"hi {asked['messages'][0]['content'][-3:]}\nseed {asked['seed'] % 7}"
            self.tell({"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})
        elif asked.get("echo") and mood != "deaf":
            self.tell({"choices": [self.scored(asked["prompt"] + "x")]})
        else:
            said = f"KEKW\nseed {asked.get('seed', 0) % 7}\ncut of"
            self.tell({"choices": [{"text": said, "finish_reason": mood}]})

    def scored(self, text: str) -> dict[str, Any]:
        told = {
            "tokens": list(text),
            "token_logprobs": [None, *[EACH] * (len(text) - 1)],
            "text_offset": list(range(len(text))),
        }
        return {"text": text, "logprobs": told, "finish_reason": "length"}

    def tell(self, content: Any, status: int = 200) -> None:
        self.send(json.dumps(content).encode(), status)

    def send(self, body: bytes, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        with contextlib.suppress(BrokenPipeError):  # whoever asked may be gone
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.mood, self.models, self.asked = "stop", ["tiny"], []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def server(running: Server) -> Server:
    running.mood, running.models, running.asked = "stop", ["tiny"], []
    return running


@pytest.fixture(scope="module")
def transcript(training: pa.Table) -> Transcript:
    return Transcript(draw_examples(training, 2, seed=0))


def client(server: Server, **options: Any) -> Client:
    return Client(server.url, pause_s=0.01, **options)


@settings(max_examples=30)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=3))
def test_a_reply_scores_the_sum_of_its_tokens_and_of_the_stop(
    texts: list[str], running: Server, transcript: Transcript, held_out: pa.Table
) -> None:
    running.mood = "stop"
    asked = with_replies(held_out.slice(0, 1), [texts])
    (scores,) = ServerModel(client(running), transcript, model="tiny").logprobs(asked)
    assert scores == pytest.approx([EACH * len(" ".join(text.split()) + transcript.stop) for text in texts])


def test_a_server_is_evaluated_like_any_other_model(
    server: Server, transcript: Transcript, held_out: pa.Table, training: pa.Table
) -> None:
    model = ServerModel(client(server), transcript)
    assert isinstance(model, Model)
    quick = EvaluateSettings(draws=100, ranked=3, generated=5, candidates=3, baselines=("characters",))
    few = held_out.slice(0, 20)
    report = evaluate(model, few, quick, training=training)
    bytes_and_stops = [len(r["text"]) + 2 for replies in few["responses"].to_pylist() for r in replies]
    expected = -EACH / math.log(2) * sum(bytes_and_stops) / report.suite.bytes
    assert report.model.measures["bits_per_byte"].value == pytest.approx(expected, abs=1e-5)
    assert report.model.measures["prompt_gain"].value == 0
    assert report.model.measures["stop_rate"].value == 1
    assert not [text for text in report.warnings if "missing" in text]


def test_a_prompt_holds_the_examples_and_ends_open(transcript: Transcript, held_out: pa.Table) -> None:
    row = held_out.to_pylist()[1]
    burst, single = (transcript.prompts(held_out.slice(1, 1), form)[0] for form in ("burst", "single"))
    assert burst.endswith(f"Streamer: so chat\nStreamer: {row['prompt']}\nChat (steady):\n")
    assert single.endswith("Chat (one reply):\n")
    assert burst.count("Chat (") == single.count("Chat (") == 3
    assert len(burst) > len(single)


def test_seeds_decide_and_windows_do_not_share_them(server: Server, transcript: Transcript, held_out: pa.Table) -> None:
    model = ServerModel(client(server), transcript, sampling=Sampling(temperature=0.5, max_tokens=9))
    first = model.generate(held_out.slice(0, 8), 3)
    assert model.generate(held_out.slice(0, 8), 3) == first
    assert model.generate(held_out.slice(4, 4), 3) == first[4:]
    assert model.generate(held_out.slice(0, 8), 4) != first
    assert len({tuple(burst) for burst in first}) > 1
    _, asked, headers = server.asked[0]
    assert (asked["temperature"], asked["max_tokens"], asked["stop"]) == (0.5, 9, ["\n\n"])
    assert "Authorization" not in headers


def test_a_line_cut_off_by_the_limit_is_left_out(server: Server, transcript: Transcript, held_out: pa.Table) -> None:
    server.mood = "length"
    (answer,) = ServerModel(client(server), transcript).answers(held_out.slice(0, 1), 0)
    assert not answer.stopped
    assert answer.replies[0] == "KEKW"
    assert "cut of" not in answer.replies


def test_a_chat_server_speaks_and_its_missing_measures_are_named(
    server: Server, transcript: Transcript, held_out: pa.Table
) -> None:
    model = ServerModel(client(server, api_key="sesame"), transcript, interface="chat")
    report = evaluate(model, held_out.slice(0, 12), EvaluateSettings(draws=100))
    assert "mean_length" in report.model.measures
    assert "bits_per_byte" not in report.model.measures
    why = "chat completions give no log-probabilities of a reply that is handed to them"
    assert report.model.unscored == why
    assert f"bits per byte, prompt gain and relevance of the model are missing: {why}" in report.warnings
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report
    assert server.asked[0][2]["Authorization"] == "Bearer sesame"


def test_a_server_that_streams_unasked_is_put_together(
    server: Server, transcript: Transcript, held_out: pa.Table
) -> None:
    server.mood = "stream"
    (answer,) = ServerModel(client(server), transcript, model="tiny", interface="chat").answers(held_out.slice(0, 1), 0)
    assert answer.replies == ["gg", "we won"]
    assert answer.stopped


def test_a_server_that_echoes_no_log_probabilities_says_so(
    server: Server, transcript: Transcript, held_out: pa.Table
) -> None:
    for mood, said in (("deaf", "echoes no log-probabilities"), ("angry", "answered 404: .*no such model: tiny")):
        server.mood = mood
        with pytest.raises(CannotScoreError, match=said):
            ServerModel(client(server), transcript).logprobs(held_out.slice(0, 1))


def test_a_busy_server_is_asked_again(server: Server, transcript: Transcript, held_out: pa.Table) -> None:
    server.mood = "busy"
    assert ServerModel(client(server), transcript, parallel=1).generate(held_out.slice(0, 1), 0)
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("mood", "options", "said"),
    [
        ("busy", {"tries": 2}, "answered 503: .*loading the model"),
        ("angry", {}, "answered 404: .*no such model: tiny"),
        ("prose", {}, "answered no JSON: <html>It works!</html>"),
        ("slow", {"timeout_s": 0.1, "tries": 1}, r"did not answer within 0\.1 s"),
        ("away", {}, "answered 302"),
    ],
)
def test_what_came_back_is_named(  # noqa: PLR0917 - fixtures come by name
    mood: str, options: dict[str, Any], said: str, server: Server, transcript: Transcript, held_out: pa.Table
) -> None:
    server.mood = mood
    with pytest.raises(ServerError, match=said):
        ServerModel(client(server, **options), transcript, model="tiny").generate(held_out.slice(0, 1), 0)


def test_a_server_that_is_not_there_or_has_many_models_is_named(server: Server, transcript: Transcript) -> None:
    server.models = ["a", "b"]
    with pytest.raises(ServerError, match=r"has 2 models \(a, b\); name one"):
        _ = ServerModel(client(server), transcript).name
    with pytest.raises(ServerError, match=r"cannot be reached: .*refused"):
        _ = ServerModel(Client("http://127.0.0.1:9/v1", tries=2, pause_s=0.01), transcript).name
    with pytest.raises(ServerError, match="cannot be reached: unknown url type"):
        _ = ServerModel(Client("ftp://127.0.0.1/v1", tries=1), transcript).name


@pytest.mark.parametrize(("count", "drawn"), [(0, 0), (2, 2), (9, 3)])
def test_as_many_examples_are_drawn_as_are_asked_for_and_there(training: pa.Table, count: int, drawn: int) -> None:
    assert draw_examples(training.slice(0, 3), count, seed=0).num_rows == drawn
    assert draw_examples(training.slice(0, 0), count, seed=0).num_rows == 0
