"""How a programme is meant to work: its causal map as a drawing and a table, and what may go wrong on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.briefing.context import Context, rows_about
from workbench.briefing.figures import CausalMap, MapBox, MapLink
from workbench.briefing.sections.voices import told_by
from workbench.briefing.tables import Bullets, Column, Figure, Heading, Line, Paragraph, Table, cell, line
from workbench.briefing.text import Text, joined, quoted, text

STATUSES = ("measured", "observed", "claimed", "untested")
#: What a test showed -> the sign on its line.
_MARKS = {"not_supported": "\N{MULTIPLICATION SIGN}", "mixed": "~", "not_seen": "?"}
_ORDER = ("activity", "condition", "change", "outcome", "unintended", "displacement")


def causal_blocks(ctx: Context) -> tuple[Any, ...]:
    """Return the map with its loops in words; that none is on file where there is none."""
    links = ordered_links(ctx)
    heading = Heading(ctx.phrases("causal.heading"), "causal-map")
    if not links:
        return heading, Paragraph(ctx.phrases("causal.none"), "pending")
    loops = _loops(ctx, links)
    told = (Paragraph(ctx.phrases("causal.loops")), Bullets(loops)) if loops else ()
    return heading, Paragraph(ctx.phrases("causal.intro")), Figure(_drawing(ctx, links), ctx.phrases("causal.figure"), _table(ctx, links), both=False), *told


def ordered_links(ctx: Context) -> list[Any]:
    """Links of the programme's own map, from its start to its end."""
    nodes = _nodes(ctx)
    rows = [row for row in rows_about(ctx, "causal_links") if row["from_id"] in nodes and row["to_id"] in nodes]
    return sorted(rows, key=lambda row: (nodes[row["from_id"]]["layer"], nodes[row["to_id"]]["layer"], row["link_id"]))


def _nodes(ctx: Context) -> dict[str, Any]:
    """Boxes of the map, by layer and then by what they are."""
    rows = [row for row in rows_about(ctx, "causal_nodes") if row["programme_id"] == ctx.programme["programme_id"]]
    ordered = sorted(rows, key=lambda row: (row["layer"], _ORDER.index(row["kind"]), row["node_id"]))
    return {row["node_id"]: row for row in ordered}


def _drawing(ctx: Context, links: Sequence[Any]) -> CausalMap:
    nodes = _nodes(ctx)
    joined_up = {row[end] for row in links for end in ("from_id", "to_id")}
    boxes = tuple(MapBox(name, row["name"], row["kind"], row["layer"]) for name, row in nodes.items() if name in joined_up)
    drawn = tuple(
        MapLink(row["from_id"], row["to_id"], str(number), row["sign"] == "increases", row["status"], _MARKS.get(row["result"], ""), row["delay"] or "")
        for number, row in enumerate(links, start=1)
    )
    present = {row["status"] for row in links}
    keys = tuple((status, ctx.phrases.words(f"causal.key_{status}")) for status in STATUSES if status in present)
    title = ctx.phrases.words("causal.title").format(programme=ctx.name)
    words = ctx.phrases.words
    ways = words("causal.more"), words("causal.less")
    return CausalMap("causal", title, words("causal.description"), boxes, drawn, keys, words("causal.signs"), words("causal.chain_signs"), ways)


def _table(ctx: Context, links: Sequence[Any]) -> Table:
    columns = tuple(Column(ctx.phrases(f"causal.{name}")) for name in ("link", "known", "source"))
    return Table("causal-table", ctx.phrases("causal.caption"), columns, tuple(_line(ctx, number, row) for number, row in enumerate(links, start=1)))


def _line(ctx: Context, number: int, row: Any) -> Line:
    return line(
        cell(text(quoted(number, "reference"), ". ", link_words(ctx, row))),
        cell(status_words(ctx, row), quoted(row["finding"]), ctx.phrases("causal.delay", delay=quoted(row["delay"])) if row["delay"] else (), quoted(row["note"])),
        cell(told_by(ctx, row)),
        id=f"link-{row['link_id']}",
    )


def link_words(ctx: Context, row: Any) -> Text:
    """Say a link: this leads to more, or less, of that."""
    nodes = ctx.evidence["causal_nodes"]
    ends = {"start": quoted(nodes[row["from_id"]]["name"]), "end": quoted(nodes[row["to_id"]]["name"])}
    return ctx.phrases(f"causal.{row['sign']}", **ends)


def status_words(ctx: Context, row: Any) -> Text:
    """Say how far a link was tested, and what came of it."""
    name = f"causal.status.{row['status']}" + (f"_{row['result']}" if row["result"] else "")
    return ctx.phrases(name)


def _loops(ctx: Context, links: Sequence[Any]) -> tuple[Text, ...]:
    """Say each feedback loop with the numbers of its links."""
    numbers: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    for number, row in enumerate(links, start=1):
        if row["loop"]:
            numbers.setdefault(row["loop"], []).append(str(number))
            kinds[row["loop"]] = row["loop_type"]
    return tuple(
        ctx.phrases(f"causal.loop_{kinds[name]}", links=joined((quoted(number, "reference") for number in found), ", ", " and ")) for name, found in numbers.items()
    )


def risks_of(ctx: Context, kind: str) -> list[tuple[Any, list[Any]]]:
    """Return the boxes of a kind (``unintended``, ``displacement``) with the links that lead to each from what the programme does."""
    nodes, links = _nodes(ctx), ordered_links(ctx)
    own = [link for link in links if nodes[link["from_id"]]["kind"] == "activity"]
    return [(row, [link for link in own if link["to_id"] == name]) for name, row in nodes.items() if row["kind"] == kind]


def risk_table(ctx: Context, kinds: Sequence[str]) -> Table:
    """Return what may go wrong, with what was found and where; each kind that nobody looked for is said to be so."""
    columns = tuple(Column(ctx.phrases(f"harms.{name}")) for name in ("effect", "known", "source"))
    lines = []
    for kind in kinds:
        found = risks_of(ctx, kind)
        lines.append(line(ctx.phrases(f"harms.kind_{kind}"), group=True))
        lines += [_risk(ctx, node, link) for node, links in found for link in links]
        if not found:
            lines.append(line(ctx.phrases("harms.not_looked"), ctx.phrases("harms.not_studied"), ()))
    return Table("harms-table", ctx.phrases("harms.caption"), columns, tuple(lines))


def _risk(ctx: Context, node: Any, row: Any) -> Line:
    way = ctx.phrases("harms.less") if row["sign"] == "decreases" else ()
    return line(
        cell(joined((quoted(node["name"]), way), " "), quoted(node["note"])),
        cell(status_words(ctx, row), quoted(row["finding"]), quoted(row["note"])),
        cell(told_by(ctx, row)),
    )
