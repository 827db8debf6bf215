"""An epoch of thirty learning rates on one seed, per configuration: ours and other libraries."""

import numpy as np

from bench.contenders import check_same, first_losses, there, variants
from bench.one import training
from bench.peer import cores
from bench.results import Goal
from bench.rounds import interleaved
from runner.launchers.grouping import MIN_SPLIT_WIDTH

BATCH_SIZE = 256
RATES = [0.1 * 0.9**number for number in range(30)]
SECTION = f"An epoch of 1 of {len(RATES)} learning rates, batch size {BATCH_SIZE}"
FORMS = ("log_softmax", "log_pick", "pick_log")
PEERS = {"numpy": ["log_softmax"], "torch": ["log_softmax", "pick_log"], "jax": ["log_softmax"]}


def request_of(loss, rates):
    return {"loss": loss, "batch_size": BATCH_SIZE, "step_sizes": [lr / BATCH_SIZE for lr in rates]}


def spread(bench):
    """The rates and the peer of each process, as `hydra/launcher=stacked` spreads a stack."""
    processes = max(1, min(cores(), len(RATES) // MIN_SPLIT_WIDTH))
    threads = max(1, cores() // processes)
    return [
        (RATES[number::processes], bench.pool.peer("mxnet", threads, number))
        for number in range(processes)
    ]


def spread_name(bench):
    count = len(spread(bench))
    return f"ours in {count} processes"


def measure(bench):
    """All forms of ours in one process and in several, training alone; the others as columns."""
    contenders = {}
    for loss in FORMS:
        contenders[f"{spread_name(bench)} ({loss})"] = _spread_epoch(bench, loss)
    for kind in there(bench, ("mxnet", *PEERS)):
        for name, peer in variants(bench, kind).items():
            for loss in PEERS.get(kind, FORMS):
                request = request_of(loss, RATES)
                contenders[f"{name} ({loss})"] = lambda peer=peer, request=request: peer.ask(
                    request
                )
    seen = interleaved(contenders, bench.rounds, SECTION)
    report = bench.report
    for name, replies in seen.items():
        report.add(SECTION, name, "s", [training(reply) / len(RATES) for reply in replies])
        if name.startswith(("ours (", "ours in ")):
            whole = [reply["seconds"] / len(RATES) for reply in replies]
            report.add(SECTION, f"{name} with evaluation", "s", whole)
    _ratios(bench)
    for loss in FORMS:
        replies = seen[f"ours ({loss})"]
        shares = [100 * reply["detection"] / reply["seconds"] for reply in replies]
        report.add(SECTION, f"finding what is not finite ({loss}), with evaluation", "%", shares)
    for loss in FORMS:
        others = {n: first_losses(s) for n, s in seen.items() if n.endswith(f"({loss})")}
        check_same(bench, f"{SECTION}, {loss}", others.pop(f"ours ({loss})"), others)


def _ratios(bench):
    for kind in there(bench, ("torch", "jax", "numpy")):
        for name in variants(bench, kind):
            for loss in FORMS if kind == "torch" else FORMS[:1]:
                goal = None if kind == "numpy" else Goal("at least", 1)
                ours = f"{spread_name(bench)} ({loss})"
                bench.report.ratio(SECTION, f"{name} (log_softmax)", ours, goal)


def _spread_epoch(bench, loss):
    """A function that trains an epoch in all processes at once; the slowest one's time counts."""
    parts = [(request_of(loss, rates), peer) for rates, peer in spread(bench)]

    def epoch():
        for request, peer in parts:
            peer.send(request)
        replies = [peer.receive() for _, peer in parts]
        slowest = max(replies, key=lambda reply: reply["seconds"])
        losses = np.empty(len(RATES))
        if "first_losses" in slowest:
            for number, reply in enumerate(replies):
                losses[number :: len(parts)] = reply["first_losses"]
            slowest["first_losses"] = losses
        return slowest

    return epoch
