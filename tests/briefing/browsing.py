"""A headless browser for tests: network off, every word on the console and every request kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components import missing

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE, TABLET, DESK = 360, 768, 1280
FIRST_PAINT = 1000  # milliseconds
_PAINTED = "new Promise(done => new PerformanceObserver(list => done(list.getEntriesByName('first-contentful-paint')[0].startTime)).observe({type: 'paint', buffered: true}))"


@dataclass
class Visit:
    """A page that is open, what its console said and what it asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def browser(chromium: str) -> Iterator[Any]:
    """Start the browser; end it afterwards."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield found
        found.close()


@contextmanager
def visit(started: Any, path: Path, width: int = DESK, height: int = 900, fragment: str = "") -> Iterator[Visit]:
    """Open a page at a width."""
    context = started.new_context(offline=True, viewport={"width": width, "height": height}, reduced_motion="reduce")
    seen = Visit(context.new_page())
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    seen.page.goto(path.as_uri() + fragment)
    yield seen
    context.close()


def first_paint(started: Any, path: Path, loads: int = 3) -> float:
    """Milliseconds until the first words of a page stand on the screen: the least of some loads, since a machine may be busy with other work."""
    found = []
    for _ in range(loads):
        with visit(started, path) as seen:
            found.append(seen.page.evaluate(_PAINTED))
        if found[-1] < FIRST_PAINT:
            break
    return min(found)


def opened(page: Any) -> Any:
    """Open everything that a page folds away; in a panel of settings, change one of each kind."""
    page.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true; })")
    if page.locator("#panel-form").count():
        page.fill("#own-families", "321")
        page.check("#own-prior-cautious")
        page.select_option("#own-schedule", index=1)
        page.wait_for_function("document.getElementById('panel-line').value.includes('families=321')")
    return page


@dataclass(frozen=True)
class Node:
    """One thing that a screen reader tells: its role, its name and, of a heading, its level; `within`: the roles around it."""

    role: str
    name: str
    level: int | None
    within: tuple[str, ...]


def told(page: Any) -> list[Node]:
    """What the browser tells a screen reader, in reading order."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    known, found = {node["nodeId"]: node for node in nodes}, []
    waiting = [(nodes[0], ())]
    while waiting:
        node, within = waiting.pop()
        role = node.get("role", {}).get("value", "")
        if not node.get("ignored"):
            level = next((item["value"]["value"] for item in node.get("properties", ()) if item["name"] == "level"), None)
            found.append(Node(role, node.get("name", {}).get("value", "").strip(), level, within))
            within = (*within, role)
        waiting += [(known[child], within) for child in reversed(node.get("childIds", ())) if child in known]
    return found


def violations(page: Any) -> list[str]:
    """Every violation that axe finds under the rules of WCAG 2.2 AA and its best practices, one line each."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe_playwright_python")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}, "resultTypes": ["violations"]})
    return [f"{item['id']}: {item['help']}: {[node['target'] for node in item['nodes'][:3]]}" for item in found.response["violations"]]
