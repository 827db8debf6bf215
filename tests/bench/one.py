"""An epoch of one run: the DataLoader program, ours, and the same in other libraries."""

from bench.contenders import check_same, first_losses, there, variants
from bench.results import Goal
from bench.rounds import interleaved

GOALS = {256: 30, 32: 8}
"""How many times slower the DataLoader program must be, by batch size."""

LR = 0.1
LESSON = "pick_log"
PEERS = "log_softmax"
"""The form in which other libraries train one run, and ours beside them."""

OTHERS = ("numpy", "torch", "tutorial", "jax")
AHEAD_OF = {256: OTHERS, 32: ("torch", "tutorial", "jax")}
"""Those that one run is to be ahead of, by batch size."""


def section_of(batch_size):
    return f"An epoch of one run, batch size {batch_size}"


def training(reply):
    """The seconds of an epoch without the evaluation of the test images."""
    return reply["seconds"] - reply.get("evaluation", 0)


def measure(bench):
    """Both batch sizes; ours with and without evaluation, the others train alone."""
    for batch_size in GOALS:
        _measure(bench, batch_size)


def _measure(bench, batch_size):
    section, report = section_of(batch_size), bench.report
    contenders = {}
    for kind in there(bench, ("dataloader", "mxnet", *OTHERS)):
        for name, peer in variants(bench, kind).items():
            forms = {"dataloader": [LESSON], "mxnet": [LESSON, PEERS]}.get(kind, [PEERS])
            for loss in forms:
                request = {"loss": loss, "batch_size": batch_size, "step_sizes": [LR / batch_size]}
                contenders[f"{name} ({loss})"] = lambda peer=peer, request=request: peer.ask(
                    request
                )
    seen = interleaved(contenders, bench.rounds, section)
    for name, replies in seen.items():
        report.add(section, name, "s", map(training, replies))
        if name.startswith("ours ("):
            whole = [reply["seconds"] for reply in replies]
            report.add(section, f"{name} with evaluation", "s", whole)
    for name, replies in seen.items():
        report.add(section, f"{name}, memory", "MB", [one["megabytes"] for one in replies])
    _ratios(bench, section, batch_size)
    ours = seen[f"ours ({LESSON})"]
    shares = [100 * reply["detection"] / reply["seconds"] for reply in ours]
    report.add(section, "finding what is not finite, of ours with evaluation", "%", shares)
    for loss in (LESSON, PEERS):
        others = {n: first_losses(s) for n, s in seen.items() if n.endswith(f"({loss})")}
        check_same(bench, f"{section}, {loss}", others.pop(f"ours ({loss})"), others)


def _ratios(bench, section, batch_size):
    report, slow = bench.report, f"DataLoader program ({LESSON})"
    for ours in (f"ours ({LESSON})", f"ours ({LESSON}) with evaluation"):
        report.ratio(section, slow, ours, Goal("at least", GOALS[batch_size]))
    for kind in there(bench, OTHERS):
        goal = Goal("at least", 1) if kind in AHEAD_OF[batch_size] else None
        for name in variants(bench, kind):
            report.ratio(section, f"{name} ({PEERS})", f"ours ({PEERS})", goal)
