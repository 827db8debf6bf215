"""What the bench found: figures by round with their goals, and what is to be said beside them."""

import json
import statistics
from dataclasses import asdict, dataclass, field

FIGURE = {
    "at least": lambda value, goal: value >= goal,
    "at most": lambda value, goal: value <= goal,
}


@dataclass(frozen=True)
class Goal:
    """A bound on a median: `kind` is "at least" or "at most"."""

    kind: str
    value: float

    def reached(self, median):
        return FIGURE[self.kind](median, self.value)


@dataclass(frozen=True)
class Row:
    """One figure: its value in each round. `unit` is "s", "times", "%", "GFLOP/s", "MB"."""

    section: str
    name: str
    unit: str
    values: list
    goal: Goal | None = None

    @property
    def median(self):
        return statistics.median(self.values)


@dataclass
class Report:
    """All rows, in the order of the table; `head` is the machine, `remarks` are sentences."""

    head: dict
    rows: list = field(default_factory=list)
    remarks: list = field(default_factory=list)

    def add(self, section, name, unit, values, goal=None):
        self.rows.append(Row(section, name, unit, list(values), goal))

    def ratio(self, section, slow, fast, goal=None):
        """How many times slower the row `slow` of a section is than `fast`, round by round."""
        above, below = self.values(section, slow), self.values(section, fast)
        ratios = [one / other for one, other in zip(above, below, strict=True)]
        self.add(section, f"{slow} / {fast}", "times", ratios, goal)

    def values(self, section, name):
        """A row's values; None where it was not measured."""
        for row in self.rows:
            if (row.section, row.name) == (section, name):
                return row.values
        return None

    def remark(self, sentence):
        print(sentence, flush=True)
        self.remarks.append(sentence)

    def to_json(self):
        rows = [
            {**asdict(row), "median": row.median, "min": min(row.values), "max": max(row.values)}
            for row in self.rows
        ]
        return json.dumps({**asdict(self), "rows": rows}, indent=1)

    @classmethod
    def from_json(cls, text):
        """The report that `to_json` wrote."""
        stored = json.loads(text)
        report = cls(stored["head"], remarks=stored["remarks"])
        for row in stored["rows"]:
            goal = Goal(**row["goal"]) if row["goal"] else None
            report.add(row["section"], row["name"], row["unit"], row["values"], goal)
        return report
