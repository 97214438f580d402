"""The web side: who is let in, what is served, and what an answer gives back."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from desks import HOSTILE, desk_in, questions, recording
from dougpt_review import Desk, Medium
from dougpt_review.application import application
from dougpt_schema import LABELS
from dougpt_schema.journal import read_journal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

HOST = "127.0.0.1:8377"
TOKEN = "of-this-run"  # noqa: S105 - no secret
OWNER = "a" * 16
SOURCE = "00112233445566aa"
PLAYED = bytes(range(256)) * 40
JSON = {"accept": "application/json", "origin": f"http://{HOST}"}


def client_of(desk: Desk) -> TestClient:
    app = application(desk, hosts=[HOST, "localhost:8377"], token=TOKEN, new_owner=lambda: OWNER)
    return TestClient(app, base_url=f"http://{HOST}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "video.mp4").write_bytes(PLAYED)
    (tmp_path / "secret").write_bytes(b"not for the page")
    medium = Medium(SOURCE, tmp_path / "video.mp4", "video/mp4", 0, None, has_picture=True)
    return desk_in(tmp_path, made=recording((medium,)))


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with client_of(desk) as made:
        made.get(f"/?token={TOKEN}")
        yield made


def test_the_token_lets_in_and_leaves_the_address(desk: Desk) -> None:
    with client_of(desk) as client:
        assert client.get("/").status_code == 403
        assert client.get("/?token=guessed").status_code == 403
        let_in = client.get(f"/?token={TOKEN}", follow_redirects=False)
        cookie = let_in.headers["set-cookie"]
        page = client.get("/")

    assert let_in.headers["location"] == "/"
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert page.status_code == 200
    assert TOKEN not in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1:8378"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:8377.evil.example"},
    ],
)
def test_a_name_that_is_not_ours_is_refused_even_with_the_cookie(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": f"https://{HOST}"},
        {"origin": "http://localhost:8377"},
        {"origin": f"http://{HOST}", "sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/answer", "/next", "/hold"])
def test_what_changes_something_must_come_from_our_own_page(
    client: TestClient, desk: Desk, path: str, headers: dict[str, str]
) -> None:
    sent = client.post(
        path, headers=headers, data={"question": questions()[0].name, "answer_id": "1" * 32, "choice": "none"}
    )

    assert sent.status_code == 403
    assert not desk.book.path.exists()


def test_every_answer_carries_the_headers_of_safety(client: TestClient) -> None:
    for path in ("/", "/static/review.js", f"/media/{SOURCE}", "/nowhere", "/media/x"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_a_body_that_is_too_large_is_not_read(client: TestClient) -> None:
    assert client.post("/answer", headers=JSON, content=b"a=" + b"x" * 20_000).status_code == 413
    assert client.post("/answer", headers=JSON, content=b"&".join([b"a=1"] * 100)).status_code == 409
    assert client.post("/answer", headers=JSON, content=b"\xff\xfe").status_code == 409
    assert client.put("/answer", headers=JSON).status_code == 405


def test_a_file_is_played_in_ranges(client: TestClient) -> None:
    whole = client.get(f"/media/{SOURCE}")
    part = client.get(f"/media/{SOURCE}", headers={"range": "bytes=100-199"})

    assert whole.content == PLAYED
    assert whole.headers["content-type"] == "video/mp4"
    assert (part.status_code, part.content) == (206, PLAYED[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(PLAYED)}"
    assert client.get(f"/media/{SOURCE}", headers={"range": f"bytes={len(PLAYED)}-"}).status_code == 416


@pytest.mark.parametrize("folder", ["media", "static"])
@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "..%2fsecret",
        "%2e%2e/secret",
        "..%5csecret",
        "....//secret",
        "%2fetc%2fpasswd",
        f"{SOURCE}%00",
        f"{SOURCE}/../secret",
        "item.html",
        ".",
        "%c0%ae%c0%ae/secret",
    ],
)
def test_no_trick_with_paths_reaches_another_file(client: TestClient, folder: str, name: str) -> None:
    found = client.get(f"/{folder}/{name}")

    assert found.status_code == 404
    assert b"not for the page" not in found.content


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(name=st.text(min_size=1))
def test_no_name_but_a_source_id_gives_a_file(client: TestClient, name: str) -> None:
    assert client.get(f"/media/{quote(name.encode('utf-8', 'replace'), safe='')}").status_code in {404, 400}


def test_an_answer_that_is_sent_again_is_one_label(client: TestClient, desk: Desk) -> None:
    taken = client.post("/next", headers=JSON, data={"page": OWNER}).json()
    sent = {"page": OWNER, "question": taken["name"], "answer_id": "1" * 32, "choice": "none"}

    first, again = client.post("/answer", headers=JSON, data=sent), client.post("/answer", headers=JSON, data=sent)

    assert first.json()["label"] == again.json()["label"] == "1" * 32
    assert read_journal(desk.book.path, LABELS).num_rows == 1
    assert first.json()["progress"]["today"] == 1
    other = client.post("/answer", headers=JSON, data=sent | {"answer_id": "2" * 32, "choice": "unsure"})
    assert other.status_code == 409


def test_an_utterance_is_named_by_times_that_must_be_there(client: TestClient, desk: Desk) -> None:
    name = client.post("/next", headers=JSON, data={"page": OWNER}).json()["name"]
    sent = {"page": OWNER, "question": name, "answer_id": "1" * 32}

    for choice in ("reply:10000:14001", "reply:x:y", "reply", "maybe", "", "reply:1e3:2"):
        assert client.post("/answer", headers=JSON, data=sent | {"choice": choice}).status_code == 409
    assert client.post("/answer", headers=JSON, data=sent | {"choice": "reply:10000:14000"}).status_code == 200
    assert client.post("/answer", headers=JSON, data=sent | {"question": "nobody"}).status_code == 404
    row = read_journal(desk.book.path, LABELS).to_pylist()[0]
    assert (row["verdict"], row["utterance_text"]) == ("reply", "what should we name the goat")


def test_a_disk_that_refuses_is_told_and_the_answer_may_be_sent_again(client: TestClient, desk: Desk) -> None:
    name = client.post("/next", headers=JSON, data={"page": OWNER}).json()["name"]
    sent = {"page": OWNER, "question": name, "answer_id": "1" * 32, "choice": "none"}
    desk.book.path.mkdir()
    assert client.post("/answer", headers=JSON, data=sent).status_code == 503

    desk.book.path.rmdir()
    assert client.post("/answer", headers=JSON, data=sent).status_code == 200


def test_forms_alone_work_without_the_script(client: TestClient, desk: Desk) -> None:
    page = client.get("/")
    fields = dict(re.findall(r'name="(question|answer_id)" value="([^"]+)"', page.text.split("</form>")[0]))
    shown = client.post(
        "/answer", headers={"origin": f"http://{HOST}"}, data={**fields, "page": OWNER, "choice": "none"}
    )

    assert shown.status_code == 200
    assert desk.progress().today == 1
    assert fields["question"] not in str(shown.url)
    undo = {"answer_id": "9" * 32, "page": OWNER, "undoes": desk.book.last() or "", "choice": "undo"}
    back = client.post("/answer", headers={"origin": f"http://{HOST}"}, data=undo)
    assert fields["question"] in str(back.url)
    assert desk.progress().today == 0


def test_a_strangers_text_stays_text_and_is_cut(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, made=recording(texts=HOSTILE), count=len(HOSTILE))
    with client_of(desk) as client:
        client.get(f"/?token={TOKEN}")
        for question in questions(len(HOSTILE)):
            html = client.get(f"/q/{question.name}").text
            assert "<script>window" not in html
            assert "<img" not in html
            assert "<h1>mine" not in html
            assert 'onmouseover="window' not in html
            assert not set("\u202e\u202c\u2067\x00\x1b") & set(html)
            assert len(html) < 40_000
        assert "cut, 100" in client.get(f"/q/{questions()[2].name}").text


def test_nothing_is_shown_of_a_guess_in_blind_mode(tmp_path: Path) -> None:
    with client_of(desk_in(tmp_path, blind=True)) as client:
        client.get(f"/?token={TOKEN}")
        html = client.get(f"/q/{questions()[14].name}").text

    assert "meter" not in html
    assert "%" not in html.split("<main")[1].split("</main>")[0]


def test_a_closed_page_gives_its_questions_back_and_no_other_page_can_do_that(client: TestClient) -> None:
    post = client.post("/next", data={"page": OWNER}, headers=JSON)
    foreign = client.post("/leave", data={"page": OWNER}, headers={"origin": "http://example.org"})
    other = client.post("/next", data={"page": "b" * 16}, headers=JSON).json()["name"]
    own = client.post("/leave", data={"page": OWNER}, headers={"origin": f"http://{HOST}"})
    after = client.post("/next", data={"page": "c" * 16}, headers=JSON).json()["name"]

    assert (foreign.status_code, own.status_code) == (403, 204)
    assert other != post.json()["name"] == after
