"""Interactive figures for notebooks (plotly). Briefings use static SVG instead, which prints and needs no script."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

_INK, _QUIET, _ACCENT = "#1d2b36", "#5b6b78", "#0b5c8a"
_RATIOS = ("OR", "RR", "HR", "IRR")


def forest(headline: Any) -> Any:
    """Forest plot of a headline: each result, what it is shrunken to, the mean and the effect in a new area.

    Parameters
    ----------
    headline : Headline
        With a fit; positive values favour the programme.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    AnalysisError
        If nothing was pooled.
    """
    import plotly.graph_objects as go

    from workbench.errors import AnalysisError

    if headline.fit is None:
        raise AnalysisError(f"{headline.construct['name']}: {headline.status.replace('_', ' ')}, so there is nothing to draw")
    names = [escape(f"{item.study['label']} ({item.study['country']})") for item in headline.used]
    centres = np.array([item.y for item in headline.used])
    halves = 1.959963984540054 * np.array([item.se for item in headline.used])
    summary = headline.fit.summary()
    figure = go.Figure()
    figure.add_trace(_points(go, "Study", names, centres, centres - halves, centres + halves, _QUIET, "square"))
    shrunken = [item.shrunken for item in headline.used]
    figure.add_trace(
        _points(go, "Shrunken", names, *(np.array([getattr(item, part) for item in shrunken]) for part in ("median", "low", "high")), _ACCENT, "circle")
    )
    totals = summary.loc[["mu", "theta_new"]]
    labels = ["Mean over settings (mu)", "A new area (theta_new)"]
    figure.add_trace(_points(go, "Pooled", labels, totals["median"].to_numpy(), totals["lower"].to_numpy(), totals["upper"].to_numpy(), _INK, "diamond"))
    figure.add_vline(x=0, line_color=_INK, line_width=1)
    scale = f"log {headline.measure}" if headline.measure in _RATIOS else headline.measure
    figure.update_layout(
        title=escape(headline.construct["name"]), template="plotly_white", height=180 + 34 * (headline.k + 2),
        xaxis_title=f"{scale}, positive favours the programme", yaxis={"autorange": "reversed"}, legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )  # fmt: skip
    return figure


def _points(go: Any, name: str, labels: list[str], centre: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, symbol: str) -> Any:
    return go.Scatter(
        x=centre, y=labels, mode="markers", name=name, marker={"color": colour, "symbol": symbol, "size": 9},
        error_x={"type": "data", "symmetric": False, "array": high - centre, "arrayminus": centre - low, "color": colour, "thickness": 1.4},
    )  # fmt: skip


def specifications(curve: Any) -> Any:
    """Specification curve: the mean effect in a new area under every combination of choices, in rising order.

    Parameters
    ----------
    curve : Multiverse

    Returns
    -------
    plotly.graph_objects.Figure
    """
    import plotly.graph_objects as go

    table = curve.frame()
    labels = ["; ".join(f"{name.replace('_', ' ')}: {escape(str(row[name]))}" for name in curve.choices) for _, row in table.iterrows()]
    half = 1.959963984540054 * table["sd"]
    figure = go.Figure(
        go.Scatter(
            x=np.arange(1, len(table) + 1), y=table["mean"], text=labels, mode="markers", marker={"color": _ACCENT, "size": 4},
            error_y={"type": "data", "array": half, "color": _QUIET, "thickness": 0.4, "width": 0}, hovertemplate="%{text}<br>mean %{y:.2f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_hline(y=0, line_color=_INK, line_width=1)
    figure.update_layout(
        title=escape(repr(curve)[1:-1]), template="plotly_white", xaxis_title="Specification, from the least to the most favourable",
        yaxis_title="Effect in a new area, positive favours the programme",
    )  # fmt: skip
    return figure


def money(appraisal: Any) -> Any:
    """Costs and benefits by year, payer and cash class (means, undiscounted), as stacked bars.

    Parameters
    ----------
    appraisal : Appraisal

    Returns
    -------
    plotly.graph_objects.Figure
    """
    return _by_year(appraisal, appraisal.evaluation.by_year, "Money by year, per family offered")


def budget(appraisal: Any, cohorts: int = 1) -> Any:
    """The payer's budget for all families offered the programme (means, undiscounted), by year, payer and cash class.

    Parameters
    ----------
    appraisal : Appraisal
    cohorts : int
        For how many years in a row as many families are offered it.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    rows = appraisal.evaluation.budget_impact(cohorts)
    each = f"{appraisal.evaluation.families_offered:,.0f} families a year" if cohorts > 1 else f"{appraisal.evaluation.families_offered:,.0f} families"
    return _by_year(appraisal, rows, f"The budget of those who pay, {each}" + (f" for {cohorts} years" if cohorts > 1 else ""))


def _by_year(appraisal: Any, rows: Any, title: str) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    streams: dict[str, list[Any]] = {}
    for item in rows:
        streams.setdefault(f"{item.payer}, {item.cash_class}".replace("_", " "), []).append(item)
    for name, items in streams.items():
        sign = -1.0 if items[0].cash_class == "cost" else 1.0
        figure.add_trace(go.Bar(x=[item.year for item in items], y=[sign * item.amount for item in items], name=escape(name)))
    figure.update_layout(
        barmode="relative", template="plotly_white", title=title,
        xaxis_title="Year", yaxis_title=f"{appraisal.kernel.currency}, {appraisal.kernel.price_year} prices; costs below zero",
    )  # fmt: skip
    return figure


def net_value(appraisal: Any) -> Any:
    """Draws of the net present value, as a histogram with zero marked.

    Parameters
    ----------
    appraisal : Appraisal

    Returns
    -------
    plotly.graph_objects.Figure
        Empty but for the reason where there is no net present value.
    """
    import plotly.graph_objects as go

    found = appraisal.evaluation
    if found.npv is None:
        return _empty(appraisal.reason)
    figure = go.Figure(go.Histogram(x=found.npv.draws, nbinsx=60, marker_color=_ACCENT))
    figure.add_vline(x=0, line_color=_INK, line_width=1)
    figure.update_layout(
        template="plotly_white", title=f"P(net present value > 0) = {found.p_npv_positive:.3f}", yaxis_title="Draws",
        xaxis_title=f"Net present value per family offered, {appraisal.kernel.currency}, {appraisal.kernel.price_year} prices",
    )  # fmt: skip
    return figure


def tornado(found: Any, most: int = 12) -> Any:
    """Mean net present value with each input at either end of its range, the widest first.

    Parameters
    ----------
    found : Tornado or None
        None where nothing is valued.
    most : int
        How many inputs to draw.

    Returns
    -------
    plotly.graph_objects.Figure
        Empty but for the reason where there is no net present value.
    """
    import plotly.graph_objects as go

    if found is None or not found.bars:
        return _empty("No net present value, so that nothing drives it.")
    bars = found.bars[:most]
    labels = [escape(bar.label) for bar in bars]
    figure = go.Figure()
    for name, attribute, colour in (("low end of its range", "npv_low", _QUIET), ("high end of its range", "npv_high", _ACCENT)):
        widths = [getattr(bar, attribute) - found.base for bar in bars]
        figure.add_trace(go.Bar(y=labels, x=widths, base=found.base, orientation="h", name=name, marker_color=colour))
    figure.add_vline(x=0, line_color=_INK, line_width=1)
    figure.update_layout(
        barmode="overlay", template="plotly_white", title="What drives the net present value", height=160 + 30 * len(bars),
        xaxis_title="Mean net present value per family offered", yaxis={"autorange": "reversed", "automargin": True},
    )  # fmt: skip
    return figure


def acceptability(found: Any) -> Any:
    """Probability that each option is best, and the frontier, along the grid.

    Parameters
    ----------
    found : Acceptability or None
        None where nothing is valued.

    Returns
    -------
    plotly.graph_objects.Figure
        Empty but for the reason where there is none.
    """
    import plotly.graph_objects as go

    if found is None:
        return _empty("No net present value, so that no option can be called best.")
    figure = go.Figure()
    for place, name in enumerate(found.names):
        figure.add_trace(go.Scatter(x=found.grid, y=found.probability[:, place], mode="lines", name=escape(name)))
    figure.add_trace(go.Scatter(x=found.grid, y=found.frontier, mode="lines", name="best on average", line={"color": _INK, "dash": "dot"}))
    figure.update_layout(
        template="plotly_white", title="How probable it is that each option is best", xaxis_title=escape(found.grid_name), yaxis={"title": "Probability", "range": [0, 1]},
    )  # fmt: skip
    return figure


def _empty(words: str | None) -> Any:
    """A figure that says why there is nothing to draw."""
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.update_layout(template="plotly_white", title=escape(words or ""), height=120)
    return figure
