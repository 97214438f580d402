"""A browser and a page in it; both are there once, and each test gets a window and a server of its own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from desks import Served, Window
from dougpt_review import Desk, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = os.environ.get("DOUGPT_CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium without a screen; skips where there is none."""
    pytest.importorskip("playwright", reason="no playwright: what a browser shows is not tested")
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium, or set DOUGPT_CHROMIUM to its path")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=[*sandbox, "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture
def served() -> Served:
    """Serve a desk in this process and return the address with its token."""

    def start(desk: Desk) -> str:
        told: SimpleQueue[str] = SimpleQueue()
        Thread(target=serve, args=(desk,), kwargs={"port": 0, "started": told.put}, daemon=True).start()
        return told.get(timeout=20)

    return start


@pytest.fixture
def window(browser: "Browser", tmp_path: Path) -> Iterator[Window]:
    """Open an address in a browser of its own; what the page complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(address: str, *, width: int = 1280, height: int = 800, forgive: str = "\0", **options: Any) -> "Page":
        def complain(text: str) -> None:
            if forgive not in text:
                complaints.append(text)

        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda line: complain(line.text) if line.type in {"error", "warning"} else None)
        page.on(
            "request",
            lambda sent: None if sent.url.startswith("http://127.0.0.1:") else complain(f"asks {sent.url}"),
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
