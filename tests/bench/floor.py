"""What the arithmetic alone would take: an epoch's float operations at the speed of a product."""

import statistics

from bench.contenders import NAMES, there
from bench.one import section_of
from bench.rounds import interleaved
from bench.thirty import SECTION as THIRTY

SECTION = "Arithmetic floor"
SIZE = 2048
OPERATIONS = 2 * 2 * 784 * 10
"""Per example and configuration: a product forward, one for the gradient by W."""


def measure(bench):
    """The speed of a large float32 product on the same cores, in the fastest library there."""
    peers = {kind: bench.pool.peer(kind) for kind in there(bench, ("numpy", "torch", "jax"))}
    contenders = {
        kind: lambda peer=peer: 2 * SIZE**3 / peer.ask({"product": SIZE})["seconds"]
        for kind, peer in peers.items()
    }
    seen = interleaved(contenders, bench.rounds, SECTION)
    for kind, speeds in seen.items():
        name = f"{NAMES[kind]}: float32 product of {SIZE} x {SIZE}"
        bench.report.add(SECTION, name, "GFLOP/s", [speed / 1e9 for speed in speeds])
    fastest = max(seen.values(), key=statistics.median)
    operations = OPERATIONS * len(bench.train_split.labels)
    floor = operations / statistics.median(fastest)
    floors = [operations / speed for speed in fastest]
    bench.report.add(SECTION, "an epoch of one configuration at the fastest's speed", "s", floors)
    for section in (section_of(256), THIRTY):
        for row in [row for row in bench.report.rows if row.section == section]:
            if row.name.endswith("(log_softmax)") and row.unit == "s":
                over = [value / floor for value in row.values]
                width = 1 if section != THIRTY else "1 of 30"
                bench.report.add(SECTION, f"{width}, {row.name} / floor", "times", over)
