"""A measured figure and what it is held to."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure. ``goal`` is the most it may be, none where it is only watched; ``baseline`` is what else would do it."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    baseline: float | None = None

    @property
    def holds(self):
        """Whether the goal is met."""
        return self.goal is None or self.value <= self.goal


def as_table(rows):
    """The rows for people, the missed goals marked."""
    head = f"{'':<30} {'value':>10} {'unit':<6} {'at most':>10} {'baseline':>10}"
    lines = [
        f"{row.name:<30} {_figure(row.value):>10} {row.unit:<6} {_figure(row.goal):>10} {_figure(row.baseline):>10}"
        + ("" if row.holds else "   MISSED")
        for row in rows
    ]
    return "\n".join([head, *lines])


def as_json(rows):
    """The rows for programs, by name."""
    return json.dumps(
        {
            row.name: {
                "value": round(row.value, 4),
                "unit": row.unit,
                "goal": row.goal,
                "holds": row.holds,
                "baseline": None if row.baseline is None else round(row.baseline, 4),
            }
            for row in rows
        },
        indent=2,
    )


def _figure(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
