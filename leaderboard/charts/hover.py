"""What a point says of itself when it is pointed at."""

import math

import pandas as pd

from harness.numbers import human
from leaderboard.numbers import percent

FIXED = ("hover_above", "hover_below")
"""Columns of a row of the index: what it always says, before and behind what depends on the view."""

SAID = ("FLOPs", "MACs", "Parameters")
"""Costs that are among those that it always says."""


def fixed(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns ``FIXED``: names; costs, and what the harness proved."""
    above, below = [], []
    for row in rows.to_dict("records"):
        names = [safe(row[name]) for name in ("submission", "point", "method", "backbone")]
        above.append("<b>{}</b> {}<br>{} on {}<br>".format(*names))
        below.append(
            f"{human(row['flops'])} FLOPs, {human(row['macs'])} MACs, {human(row['parameters'])} parameters<br>"
            f"cost {row['cost_provenance']}, lengths {row['lengths_provenance']}, "
            f"answers {row['predictions_provenance']}"
        )
    return pd.DataFrame(dict(zip(FIXED, (above, below), strict=True)), index=rows.index)


def hover(rows: pd.DataFrame, quality: str, cost: str, unit: str) -> list[str]:
    """What each row of ``leaderboard.points.Points.rows`` says, in plotly's HTML."""
    above, below, reasons = (rows[name].tolist() for name in (*FIXED, "not_ranked"))
    costs = [f"{cost} {human(x, 'B' if unit == 'B' else '')}<br>" if cost not in SAID else "" for x in rows["x"]]
    numbers = (rows[name].astype(float).tolist() for name in ("y", "y_low", "y_high", "probability"))
    return [
        f"{before}{quality} {percent(y, 2)} [{percent(low, 2)}, {percent(high, 2)}]<br>{price}{behind}"
        + ("" if math.isnan(chance) else f"<br>on the frontier in {chance:.0%} of the resamples")
        + (f"<br>not ranked: {safe(reason)}" if reason else "")
        for before, behind, reason, price, y, low, high, chance in zip(
            above, below, reasons, costs, *numbers, strict=True
        )
    ]


def safe(text: str) -> str:
    """Somebody's words, in a place where plotly reads tags."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;")
