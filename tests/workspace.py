"""A minimal valid workspace for tests: the real schema, invented programmes, figures and sources."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

SCHEMA = Path(__file__).resolve().parents[1] / "evidence" / "datapackage.json"

BIBLIOGRAPHY = """\
@article{ash2010,
  author = {Ash, Ada and Birch, Ben},
  title = {A trial of the first programme},
  year = {2010},
  journal = {Journal of Trees},
  doi = {10.1234/tree.2010}
}

@misc{office2025,
  author = {{Office for Trees}},
  title = {Counting trees},
  year = {2025},
  url = {https://example.org/trees}
}
"""

ESTIMATE = {
    "effect_id": "ash2010.home", "study_id": "ash2010", "programme_id": "oak", "outcome_id": "home", "construct": "home-event-record",
    "direction": "higher_is_better", "outcome_measure": "lives at home", "timepoint_months": "12", "role": "estimate",
    "reported_result": "benefit", "scope": "whole_sample", "analysis": "intention_to_treat", "informant": "official_record", "data_type": "counts",
    "events_treat": "40", "n_treat": "100", "events_control": "25", "n_control": "100", "overlap_group": "ash.home", "checked": "abstract",
    "locator": "doi:10.1234/tree.2010, Table 2", "recorded": "2026-01-31",
}
SCORE = ESTIMATE | {
    "effect_id": "ash2010.score", "outcome_id": "behaviour", "construct": "behaviour-score-parent", "direction": "lower_is_better",
    "outcome_measure": "problem score", "informant": "parent_report", "data_type": "estimate", "events_treat": "", "n_treat": "", "events_control": "",
    "n_control": "", "measure": "SMD", "estimate": "-0.3", "ci_low": "-0.5", "ci_high": "-0.1", "ci_level": "0.95", "p": "0.003",
    "p_relation": "=", "overlap_group": "ash.behaviour", "recorded": "2026-02-28",
}
RATIO = ESTIMATE | {
    "effect_id": "elm2015.home", "study_id": "elm2015", "data_type": "estimate", "events_treat": "", "n_treat": "", "events_control": "",
    "n_control": "", "measure": "OR", "estimate": "1.5", "ci_low": "1.05", "ci_high": "2.14", "ci_level": "0.95", "overlap_group": "elm.home",
}
TABLES: dict[str, list[dict[str, str]]] = {
    "programmes": [
        {"programme_id": "oak", "name": "Oak programme", "short_name": "Oak", "family": "oak", "briefing": "true", "lead_constructs": "home-event-record", "cite": "ash2010;office2025"},
        {"programme_id": "oak-group", "name": "Oak in groups", "short_name": "Oak groups", "parent_id": "oak", "family": "oak", "briefing": "false"},
    ],
    "outcomes": [
        {"construct": "behaviour-score-parent", "outcome_id": "behaviour", "default_construct": "true", "name": "Behaviour", "domain": "child", "source_kind": "parent_report",
         "form": "score", "measure": "SMD", "direction": "lower_is_better", "horizon_months": "12", "minimal_difference": "0.1", "minimal_difference_unit": "SMD", "safety": "false"},
        {"construct": "home-event-record", "outcome_id": "home", "default_construct": "true", "name": "At home", "domain": "care", "source_kind": "official_record",
         "form": "event", "measure": "OR", "direction": "higher_is_better", "horizon_months": "12", "minimal_difference": "0.02", "minimal_difference_unit": "share", "safety": "true"},
    ],
    "studies": [
        {"study_id": "ash2010", "cite": "ash2010", "label": "Ash 2010", "year": "2010", "design": "rct", "country": "England", "setting": "uk", "comparator_class": "usual_services",
         "evaluator": "independent", "families": "200", "primary_result": "benefit"},
        {"study_id": "elm2015", "cite": "ash2010", "label": "Elm 2015", "year": "2015", "design": "quasi_experiment", "country": "Scotland", "setting": "uk",
         "comparator_class": "usual_services", "evaluator": "not_reported", "families": "300", "primary_result": "not_reported"},
    ],
    "effects": [ESTIMATE, SCORE, RATIO],
    "programme_costs": [
        {"cost_id": "oak.gross", "programme_id": "oak", "name": "Delivery", "role": "gross", "use": "true", "value": "1000", "distribution": "fixed", "currency": "GBP", "price_year": "2020",
         "price_year_basis": "stated", "unit": "per family offered", "payer": "local_authority", "country": "England", "cite": "office2025", "checked": "full_text", "locator": "page 3"},
    ],
    "unit_costs": [
        {"unit_cost_id": "week", "name": "A week in care", "value": "700", "low": "600", "high": "800", "distribution": "normal", "currency": "GBP", "price_year": "2024",
         "price_year_basis": "stated", "unit": "per child per week", "payer": "local_authority", "country": "England", "ceiling": "false", "cite": "office2025", "checked": "full_text", "locator": "page 4"},
    ],
    "parameters": [
        {"parameter_id": "discount.1", "group": "discount", "name": "Years 0 to 30", "schedule": "standard", "year_from": "0", "year_to": "30", "value": "0.035", "distribution": "fixed",
         "unit": "per year", "cite": "office2025", "checked": "full_text", "locator": "page 5"},
        {"parameter_id": "discount.2", "group": "discount", "name": "Years after 30", "schedule": "standard", "year_from": "31", "value": "0.03", "distribution": "fixed",
         "unit": "per year", "cite": "office2025", "checked": "full_text", "locator": "page 5"},
        {"parameter_id": "share", "group": "pathway", "name": "Share in care", "value": "0.6", "low": "0.4", "high": "0.8", "distribution": "beta",
         "unit": "share", "checked": "unverified", "judgement": "true"},
    ],
    "areas": [
        {"gss_code": "E06000001", "area": "Woodland", "level": "local_authority", "region": "North", "measure": "trees", "period": "31 March 2025", "period_end": "2025-03-31",
         "value": "", "unit": "trees", "publisher": "Office for Trees", "value_note": "c"},
        {"gss_code": "E92000001", "area": "England", "level": "country", "measure": "trees", "period": "31 March 2025", "period_end": "2025-03-31",
         "value": "12", "unit": "trees", "publisher": "Office for Trees"},
    ],
    "area_measures": [
        {"measure": "trees", "name": "Trees", "definition": "Trees that stand", "unit": "trees", "publisher": "Office for Trees", "licence": "Open Government Licence v3.0",
         "cite": "office2025", "shown": "true", "order": "1"},
    ],
    "baselines": [
        {"baseline_id": "home", "construct": "home-event-record", "kind": "events", "population": "children", "setting": "uk", "events": "25", "n": "100", "area_measure": "trees",
         "effect_id": "ash2010.home", "cite": "ash2010", "checked": "abstract", "locator": "Table 2"},
    ],
    "pathways": [
        {"pathway_id": "oak.care", "programme_id": "oak", "name": "Less time in care", "active": "true", "reason": "measured", "kind": "event", "construct": "home-event-record",
         "unit_cost_id": "week", "per": "child", "share_id": "share", "event_sign": "saving", "payer": "local_authority", "cash_class": "avoided", "discount": "standard",
         "exclusive_group": "care", "perspective": "both", "cite": "office2025"},
        {"pathway_id": "oak.cost", "programme_id": "oak", "name": "Delivery", "active": "true", "reason": "it is paid", "kind": "cost", "cost_id": "oak.gross", "per": "family",
         "payer": "local_authority", "discount": "standard", "perspective": "both"},
    ],
    "priors": [
        {"prior_id": "mu.or", "set": "default", "purpose": "mu", "measure": "OR", "distribution": "Normal", "location": "0", "scale": "0.63", "meaning": "modest effects",
         "cite": "ash2010", "checked": "abstract", "locator": "Table 1"},
    ],
    "vocabulary": [
        {"word_id": "likely", "scale": "benefit", "from": "0.5", "to": "1", "words": "likely", "rank": "1"},
        {"word_id": "unlikely", "scale": "benefit", "from": "0", "to": "0.5", "words": "unlikely", "rank": "2"},
    ],
    "published_results": [
        {"result_id": "oak.ratio", "programme_id": "oak", "name": "Benefits for each pound", "kind": "ratio", "value": "1.5", "currency": "GBP", "price_year": "2020", "price_year_basis": "stated",
         "unit": "benefit per pound", "country": "England", "perspective": "society", "use": "check_only", "cite": "office2025", "checked": "full_text", "locator": "page 6"},
    ],
    "dimensions": [{"dimension": "0", "name": "effect/home/new"}, {"dimension": "1", "name": "price/week"}],
}


def _filled(fields: list[dict]) -> dict[str, str]:
    """The mildest value of each required column, so that a new column of the schema needs no new row here."""
    mildest = {"boolean": "false", "number": "0", "integer": "0", "date": "2026-01-31", "string": "text"}
    return {
        field["name"]: field["constraints"].get("enum", [mildest[field["type"]]])[0]
        for field in fields if field.get("constraints", {}).get("required")
    }


class Workspace:
    """A workspace on disk whose rows can be changed before it is checked.

    ``rows`` holds each table's rows as text; ``save`` writes them all. ``effects`` row 0 stands on line 2.
    """

    def __init__(self, root: Path):
        self.root = root
        self.evidence = root / "evidence"
        self.evidence.mkdir()
        shutil.copy(SCHEMA, self.evidence)
        schema = {r["name"]: r["schema"]["fields"] for r in json.loads(SCHEMA.read_text(encoding="utf-8"))["resources"]}
        self.columns = {name: [field["name"] for field in fields] for name, fields in schema.items()}
        self.rows = {name: [_filled(fields) | row for row in TABLES.get(name, [])] for name, fields in schema.items()}
        self.bibliography = root / "bibliography.bib"
        self.bibliography.write_text(BIBLIOGRAPHY, encoding="utf-8")
        self.save()

    def file(self, table: str) -> Path:
        return self.evidence / f"{table}.csv"

    def text(self, table: str) -> str:
        out = io.StringIO()
        writer = csv.DictWriter(out, self.columns[table], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows[table])
        return out.getvalue()

    def save(self) -> Workspace:
        for table in self.columns:
            self.file(table).write_text(self.text(table), encoding="utf-8", newline="")
        return self

    def change(self, table: str, index: int = 0, **values: str) -> Workspace:
        """Set cells of one row and save."""
        self.rows[table][index].update(values)
        return self.save()

    def add(self, table: str, like: int = 0, **values: str) -> Workspace:
        """Append a copy of one row with other values and save."""
        self.rows[table].append(self.rows[table][like] | values)
        return self.save()

    def put(self, table: str, like: int = 0, **values: str) -> Workspace:
        """Append a new row to a table that may be empty, and save."""
        self.rows[table].append({column: values.get(column, "") for column in self.columns[table]})
        return self.save()

    def drop(self, table: str, index: int = 0) -> Workspace:
        """Delete one row and save."""
        del self.rows[table][index]
        return self.save()

    def surround(self, table: str = "neighbours", like: int = 0) -> Workspace:
        """Give the workspace eleven authorities, each of which has the ten others as neighbours."""
        codes = [f"E060000{number:02d}" for number in range(1, 12)]
        self.rows["areas"] += [self.rows["areas"][like] | {"gss_code": code, "area": f"Wood {code}"} for code in codes[1:]]
        for code in codes:
            others = [other for other in codes if other != code]
            self.rows[table] += [{"gss_code": code, "rank": str(rank), "neighbour_code": other, "publisher": "Office for Trees", "cite": "office2025"} for rank, other in enumerate(others, 1)]
        return self.save()

    def replace(self, table: str, old: str, new: str) -> Workspace:
        """Replace text in a table's file as it stands."""
        text = self.file(table).read_bytes().decode()
        assert old in text
        self.file(table).write_bytes(text.replace(old, new, 1).encode())
        return self

    def problems(self) -> list[str]:
        """Every problem, as its one line of text."""
        from workbench.evidence import check

        return [str(problem) for problem in check(self.root)]


REAL = Path(__file__).resolve().parents[1]
#: Tables that say nothing about any programme: priors, words, economic parameters.
SHARED = ("priors", "vocabulary", "parameters", "certainty_rules")


def furnish(workspace: Workspace) -> Workspace:
    """Give a workspace what an analysis and a briefing need: shared tables, templates, notebooks and sources."""
    for name in SHARED:
        with (REAL / "evidence" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            workspace.rows[name] = [*csv.DictReader(stream)]
    share = next(row for row in TABLES["parameters"] if row["parameter_id"] == "share")
    workspace.rows["parameters"].append({column: share.get(column, "") for column in workspace.columns["parameters"]})
    workspace.rows["parameters"].sort(key=lambda row: row["parameter_id"])
    workspace.rows["pathways"][0].update(duration_id="care.duration")
    workspace.bibliography.write_text(BIBLIOGRAPHY + (REAL / "bibliography.bib").read_text(encoding="utf-8"), encoding="utf-8")
    for folder in ("templates", "notebooks"):
        shutil.copytree(REAL / folder, workspace.root / folder)
    return workspace.save()
