"""One hundred seeded corruptions of the real tables, and how many of them `check` catches.

Each of 25 kinds of slip is tried four times. Which row it hits follows from a hash of the kind, its number and the row's key, so that a row added to
the tables moves few of the others. What is missed is argued in ``mutation_misses.toml``, kind by kind; the count of catches may rise and
never fall. To see the whole table: ``pytest tests/evidence/test_mutations.py -s``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from workbench.evidence import base, check, rules

ROOT = Path(__file__).resolve().parents[2]
ARGUED = tomllib.loads(Path(__file__).with_name("mutation_misses.toml").read_text(encoding="utf-8"))
TIMES = 4
ARMS = ("events", "n", "pct", "mean", "sd")
Rows = list[dict[str, str]]
Corruption = tuple[str, bytes, str]


class Tables:
    """The real tables as text, and a choice that a seed makes."""

    def __init__(self) -> None:
        self.header: dict[str, list[str]] = {}
        self.rows: dict[str, Rows] = {}
        for path in sorted((ROOT / "evidence").glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as stream:
                reader = csv.DictReader(stream)
                self.rows[path.stem] = list(reader)
                self.header[path.stem] = list(reader.fieldnames or ())

    def pick(self, seed: str, candidates: list) -> object:
        def rank(each: object) -> str:
            name = "|".join(list(each.values())[:3]) if isinstance(each, dict) else str(each)
            return hashlib.sha256(f"{seed}|{name}".encode()).hexdigest()

        return min(candidates, key=rank)

    def row(self, seed: str, table: str, *filled: str, where: Callable[[dict], bool] = lambda row: True) -> dict[str, str]:
        """A row of a table in which the columns named are filled."""
        return self.pick(seed, [row for row in self.rows[table] if all(row[name] for name in filled) and where(row)])

    def changed(self, table: str, row: dict[str, str], words: str, **cells: str) -> Corruption:
        rows = [each | cells if each is row else each for each in self.rows[table]]
        return self.file(table, rows, f"{table} {next(iter(row.values()))}: {words}")

    def file(self, table: str, rows: Rows, words: str) -> Corruption:
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, self.header[table], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return f"evidence/{table}.csv", out.getvalue().encode(), words


def raw(table: str) -> bytes:
    return (ROOT / "evidence" / f"{table}.csv").read_bytes()


def coin(seed: str, *choices: str) -> str:
    return choices[int(hashlib.sha256(seed.encode()).hexdigest(), 16) % len(choices)]


def shifted(text: str, seed: str) -> str:
    return format(Decimal(text) * (Decimal(10) if coin(seed, "up", "down") == "up" else Decimal("0.1")), "f")


def negated(row: dict[str, str]) -> dict[str, str]:
    """Estimate and limits with the arms the other way round."""
    def turn(text: str) -> str:
        if not text:
            return text
        return f"{1 / float(text):.3g}" if row["measure"] in ("OR", "RR", "HR", "IRR") else format(-Decimal(text), "f")

    return {"estimate": turn(row["estimate"]), "ci_low": turn(row["ci_high"]), "ci_high": turn(row["ci_low"])}


def shift(table: str, *columns: str, where: Callable[[dict], bool] = lambda row: True) -> Callable[[Tables, str], Corruption]:
    def corrupt(tables: Tables, seed: str) -> Corruption:
        column = coin(seed, *columns)
        row = tables.row(seed, table, column, where=lambda each: where(each) and each[column] != "0")
        new = shifted(row[column], seed)
        return tables.changed(table, row, f"{column} {row[column]} -> {new}", **{column: new})

    return corrupt


def swapped_arms(tables: Tables, seed: str) -> Corruption:
    kind = coin(seed, "events", "pct", "mean")
    row = tables.row(seed, "effects", f"{kind}_treat", f"{kind}_control", where=lambda each: each[f"{kind}_treat"] != each[f"{kind}_control"])
    cells = {f"{name}_{arm}": row[f"{name}_{other}"] for name in ARMS for arm, other in (("treat", "control"), ("control", "treat"))}
    return tables.changed("effects", row, "arms swapped", **cells)


def reversed_sign(tables: Tables, seed: str) -> Corruption:
    row = tables.row(seed, "effects", "estimate", where=lambda each: float(each["estimate"]) not in (0, 1))
    return tables.changed("effects", row, "sign reversed, interval with it", **negated(row))


def swapped_limits(tables: Tables, seed: str) -> Corruption:
    row = tables.row(seed, "effects", "ci_low", "ci_high", where=lambda each: each["ci_low"] != each["ci_high"])
    return tables.changed("effects", row, "limits swapped", ci_low=row["ci_high"], ci_high=row["ci_low"])


def other_direction(tables: Tables, seed: str) -> Corruption:
    table = coin(seed, "effects", "outcomes")
    row = tables.row(seed, table, "direction")
    new = "lower_is_better" if row["direction"] == "higher_is_better" else "higher_is_better"
    return tables.changed(table, row, f"direction {new}", direction=new)


def tenfold_p(tables: Tables, seed: str) -> Corruption:
    row = tables.row(seed, "effects", "p")
    new = format(Decimal(row["p"]) * (10 if float(row["p"]) <= 0.1 else Decimal("0.1")), "f")
    return tables.changed("effects", row, f"p {row['p_relation']} {row['p']} -> {new}", p=new)


def wrong_arm_size(tables: Tables, seed: str) -> Corruption:
    """Digits transposed, or one dropped."""
    column = coin(seed, "n_treat", "n_control")
    row = tables.row(seed, "effects", column, where=lambda each: len(each[column]) > 1 and len(set(each[column])) > 1 and each[column].isdigit())
    old = row[column]
    new = old[::-1].lstrip("0") if coin(seed + "way", "transpose", "drop") == "transpose" else old[:-1]
    return tables.changed("effects", row, f"{column} {old} -> {new}", **{column: new})


def wrong_events(tables: Tables, seed: str) -> Corruption:
    column = coin(seed, "events_treat", "events_control")
    row = tables.row(seed, "effects", column, where=lambda each: each[column] != "0")
    new = str(int(row[column]) * 10) if coin(seed + "way", "shift", "add") == "shift" else str(int(row[column]) + 30)
    return tables.changed("effects", row, f"{column} {row[column]} -> {new}", **{column: new})


def wrong_date(tables: Tables, seed: str) -> Corruption:
    table, column = coin(seed, "effects/recorded", "effects/recorded", "areas/period_end").split("/")
    row = tables.row(seed, table, column)
    year, month, day = row[column].split("-")
    new = coin(seed + "way", f"{day}/{month}/{year}", f"{year}-{month}-31" if month in ("11", "06", "09", "04") else f"{year}-02-30", f"{int(year) - 10}-{month}-{day}", f"{year}-{day}-{month}")
    return tables.changed(table, row, f"{column} {row[column]} -> {new}", **{column: new})


def deleted_key(tables: Tables, seed: str) -> Corruption:
    table = tables.pick(seed, sorted(tables.rows))
    column = tables.header[table][0]
    row = tables.row(seed, table, column)
    return tables.changed(table, row, f"{column} emptied", **{column: ""})


def misspelt_key(tables: Tables, seed: str) -> Corruption:
    table, column = coin(seed, "effects/study_id", "effects/programme_id", "effects/construct", "studies/cite", "pathways/unit_cost_id", "baselines/area_measure", "areas/measure").split("/")
    row = tables.row(seed, table, column)
    place = len(row[column]) // 2
    new = row[column][:place] + row[column][place + 1:]
    return tables.changed(table, row, f"{column} {row[column]} -> {new}", **{column: new})


def deleted_row(tables: Tables, seed: str) -> Corruption:
    table = coin(seed, "studies", "programmes", "outcomes", "area_measures", "dimensions", "unit_costs", "effects")
    row = tables.row(seed, table)
    return tables.file(table, [each for each in tables.rows[table] if each is not row], f"{table}: row {next(iter(row.values()))} deleted")


def repeated_row(tables: Tables, seed: str) -> Corruption:
    table = coin(seed, "effects", "effects", "studies", "areas")
    row = tables.row(seed, table)
    key = tables.header[table][0]
    copy = row | ({key: row[key] + ".x"} if table == "effects" and coin(seed + "way", "same", "new") == "new" else {})
    return tables.file(table, [*tables.rows[table], copy], f"{table}: row {row[key]} repeated as {copy[key]}")


def truncated(tables: Tables, seed: str) -> Corruption:
    table = tables.pick(seed, sorted(tables.rows))
    data = raw(table)
    cut = len(data) // 3 + int(hashlib.sha256(seed.encode()).hexdigest(), 16) % (len(data) // 2)
    return f"evidence/{table}.csv", data[:cut], f"{table}: cut at byte {cut} of {len(data)}"


def other_encoding(tables: Tables, seed: str) -> Corruption:
    names = sorted(name for name in tables.rows if any(byte > 127 for byte in raw(name)))
    table, encoding = tables.pick(seed, names), coin(seed, "cp1252", "utf-16", "latin-1", "utf-8 twice")
    text = raw(table).decode()
    data = text.encode().decode("cp1252", "replace").encode() if encoding == "utf-8 twice" else text.encode(encoding, "replace")
    return f"evidence/{table}.csv", data, f"{table}: saved as {encoding}"


def broken_layout(tables: Tables, seed: str) -> Corruption:
    table, way = tables.pick(seed, sorted(tables.rows)), coin(seed + "way", "semicolons", "lost comma", "lost quote", "columns swapped")
    lines = raw(table).decode().split("\n")
    if way == "semicolons":
        data = "\n".join(lines).replace(",", ";")
    elif way == "columns swapped":
        rows = tables.rows[table]
        one, two = tables.header[table][1], tables.header[table][-1]
        return tables.file(table, [row | {one: row[two], two: row[one]} for row in rows], f"{table}: columns {one} and {two} swapped")
    else:
        mark = "," if way == "lost comma" or '"' not in "".join(lines) else '"'
        number = tables.pick(seed, [place for place, line in enumerate(lines) if place and mark in line])
        lines[number] = lines[number].replace(mark, "", 1)
        data = "\n".join(lines)
    return f"evidence/{table}.csv", data.encode(), f"{table}: {way}"


def shares_for_percent(tables: Tables, seed: str) -> Corruption:
    row = tables.row(seed, "effects", "pct_treat", "pct_control")
    both = coin(seed, "both", "one") == "both"
    cells = {name: format(Decimal(row[name]) / 100, "f") for name in (("pct_treat", "pct_control") if both else ("pct_treat",))}
    return tables.changed("effects", row, f"percentages as shares: {', '.join(cells)}", **cells)


def other_measure(tables: Tables, seed: str) -> Corruption:
    row = tables.row(seed, "effects", "measure", "estimate")
    new = coin(seed, *[each for each in ("OR", "RR", "RD", "SMD", "MD", "HR") if each != row["measure"]])
    return tables.changed("effects", row, f"measure {row['measure']} -> {new}", measure=new)


def other_study_facts(tables: Tables, seed: str) -> Corruption:
    column = coin(seed, "year", "year", "families", "design")
    row = tables.row(seed, "studies", column)
    new = {"year": str(int(row["year"] or 0) - 10), "families": row["families"] + "0", "design": "rct" if row["design"] != "rct" else "quasi_experiment"}[column]
    return tables.changed("studies", row, f"{column} {row[column]} -> {new}", **{column: new})


def misfiled(tables: Tables, seed: str) -> Corruption:
    column, table = coin(seed, "study_id/studies", "programme_id/programmes", "construct/outcomes", "superseded_by/effects").split("/")
    row = tables.row(seed, "effects", column)
    key = tables.header[table][0]
    new = tables.row(seed + "to", table, where=lambda each: each[key] != row[column])[key]
    return tables.changed("effects", row, f"{column} {row[column]} -> {new}", **{column: new})


def area_slip(tables: Tables, seed: str) -> Corruption:
    if coin(seed, "figure", "figure", "code") == "figure":
        return shift("areas", "value")(tables, seed)
    row = tables.row(seed, "areas")
    new = row["gss_code"][:-1] + str((int(row["gss_code"][-1]) + 1) % 10)
    return tables.changed("areas", row, f"gss_code {row['gss_code']} -> {new}", gss_code=new)


def level_raised(tables: Tables, seed: str) -> Corruption:
    row = tables.row(seed, "effects", where=lambda each: each["checked"] == "unverified")
    return tables.changed("effects", row, "unverified -> full_text", checked="full_text")


def bibliography_slip(tables: Tables, seed: str) -> Corruption:
    text = (ROOT / "bibliography.bib").read_text(encoding="utf-8")
    cited = {row["cite"] for row in tables.rows["studies"]}
    entries = [each for each in re.split(r"\n(?=@)", text) if re.match(r"@\w+\{([^,]+)", each)[1] in cited]
    entry = tables.pick(seed, entries)
    way = coin(seed + "way", "deleted", "brace lost", "year lost", "given twice")
    new = {"deleted": "", "brace lost": entry.replace("},\n", ",\n", 1), "year lost": re.sub(r"\n  year = .*", "", entry), "given twice": entry + "\n" + entry}[way]
    return "bibliography.bib", text.replace(entry, new, 1).encode(), f"bibliography {entry[:30].splitlines()[0]}: {way}"


KINDS: dict[str, Callable[[Tables, str], Corruption]] = {
    "arms swapped": swapped_arms,
    "estimate: decimal point": shift("effects", "estimate"),
    "limit: decimal point": shift("effects", "ci_low", "ci_high"),
    "standard error or SD: decimal point": shift("effects", "se", "se", "sd_treat"),
    "mean or percentage: decimal point or unit": lambda tables, seed: (
        shift("effects", "pct_treat", "pct_control", "mean_treat") if coin(seed, "point", "unit") == "point" else shares_for_percent)(tables, seed),
    "sign reversed": reversed_sign,
    "limits swapped": swapped_limits,
    "direction changed": other_direction,
    "p tenfold": tenfold_p,
    "arm size wrong": wrong_arm_size,
    "events wrong": wrong_events,
    "date wrong": wrong_date,
    "key deleted": deleted_key,
    "key misspelt": misspelt_key,
    "row deleted": deleted_row,
    "row repeated": repeated_row,
    "file cut off": truncated,
    "other encoding": other_encoding,
    "layout broken": broken_layout,
    "measure changed": other_measure,
    "study facts wrong": other_study_facts,
    "filed under another": misfiled,
    "area figure or code wrong": area_slip,
    "level raised or reference damaged": lambda tables, seed: (level_raised if coin(seed, "level", "bib") == "level" else bibliography_slip)(tables, seed),
    "price, share or prior: decimal point": lambda tables, seed: shift(*coin(seed, "unit_costs/value", "parameters/value", "priors/scale", "programme_costs/value").split("/"))(tables, seed),
}


def corruptions() -> Iterator[tuple[str, Corruption]]:
    tables = Tables()
    for kind, corrupt in KINDS.items():
        for number in range(TIMES):
            yield kind, corrupt(tables, f"{kind}/{number}")


def remembered(root: Path, function: Callable, file_of: Callable) -> Callable:
    """The same function, which works the same file content out once only."""
    known = {}

    def call(*arguments):
        file = file_of(*arguments)
        place = file, hashlib.sha256((root / file).read_bytes()).digest()
        if place not in known:
            known[place] = function(*arguments)
        result, problems = known[place]
        return result, list(problems)

    return call


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A copy of the workspace; the big table is a link, and what has not changed is not read again."""
    (tmp_path / "evidence").mkdir()
    for path in (ROOT / "evidence").iterdir():
        if path.name == "areas.csv":
            (tmp_path / "evidence" / path.name).symlink_to(path)
        elif path.suffix in (".csv", ".json"):
            shutil.copy(path, tmp_path / "evidence")
    shutil.copy(ROOT / "bibliography.bib", tmp_path)
    functions = {
        "read_table": lambda root, resource, others: f"evidence/{resource.path}",
        "type_table": lambda resource, raw: f"evidence/{resource.path}",
        "read_bibliography": lambda root: "bibliography.bib",
    }
    for name, file_of in functions.items():
        monkeypatch.setattr(base, name, remembered(tmp_path, getattr(base, name), file_of))
    apply, known = rules.apply, {}

    def apply_once(rule, context):
        """Rules on the big table alone are worked out again only when it, or what it refers to, has changed."""
        if rule.tables != ("areas",):
            return apply(rule, context)
        place = rule.name, id(context.tables.get("areas")), id(context.tables.get("area_measures"))
        if place not in known:
            # The tables are kept too, so that no other table can take their identity.
            known[place] = list(apply(rule, context)), context
        return known[place][0]

    monkeypatch.setattr(rules, "apply", apply_once)
    return tmp_path


def is_caught(stage: Path, file: str, content: bytes) -> bool:
    place = stage / file
    linked = place.readlink() if place.is_symlink() else None
    before = None if linked else place.read_bytes()
    assert content != (ROOT / file).read_bytes(), "this corruption changes nothing"
    place.unlink()
    place.write_bytes(content)
    try:
        return bool(check(stage))
    finally:
        place.unlink()
        if linked:
            place.symlink_to(linked)
        else:
            place.write_bytes(before)


def test_one_hundred_corruptions(stage):
    assert check(stage) == ()
    caught, missed = Counter(), []
    for kind, (file, content, words) in corruptions():
        if is_caught(stage, file, content):
            caught[kind] += 1
        else:
            missed.append((kind, words))
    print(f"\n{caught.total()} of {TIMES * len(KINDS)} caught")
    print(*(f"missed: {kind}: {words}" for kind, words in missed), sep="\n")
    assert TIMES * len(KINDS) == 100
    assert check(stage) == ()
    unargued = sorted({kind for kind, _ in missed} - set(ARGUED["argued"]))
    assert not unargued, f"missed and not argued in mutation_misses.toml: {unargued}"
    assert caught.total() >= ARGUED["caught"], missed


def test_what_is_argued_is_a_kind():
    assert set(ARGUED["argued"]) <= set(KINDS)
