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
    import plotly.graph_objects as go

    figure = go.Figure()
    streams: dict[str, list[Any]] = {}
    for item in appraisal.evaluation.by_year:
        streams.setdefault(f"{item.payer}, {item.cash_class}".replace("_", " "), []).append(item)
    for name, items in streams.items():
        sign = -1.0 if items[0].cash_class == "cost" else 1.0
        figure.add_trace(go.Bar(x=[item.year for item in items], y=[sign * item.amount for item in items], name=escape(name)))
    figure.update_layout(
        barmode="relative", template="plotly_white", title="Money by year, per family offered",
        xaxis_title="Year", yaxis_title=f"{appraisal.kernel.currency}, {appraisal.kernel.price_year} prices; costs below zero",
    )  # fmt: skip
    return figure
