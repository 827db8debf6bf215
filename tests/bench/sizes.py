"""What an epoch of ours costs against the number of configurations and the batch size."""

from bench.rounds import interleaved

WIDTHS = (1, 3, 10, 30, 100)
BATCH_SIZES = (16, 32, 64, 128, 256, 512, 1024)
LOSS = "log_softmax"
BY_WIDTH = f"An epoch against configurations ({LOSS}, with evaluation)"
BY_BATCH = f"An epoch against batch size ({LOSS}, with evaluation)"


def measure(bench):
    """An epoch in one stack of each width, and with each batch size alone and in a stack of 30."""
    peer = bench.pool.peer("mxnet")

    def epoch(width, batch_size):
        steps = [0.1 / batch_size * 0.97**number for number in range(width)]
        request = {"loss": LOSS, "batch_size": batch_size, "step_sizes": steps}
        return lambda: peer.ask(request)["seconds"]

    widths = {width: epoch(width, 256) for width in WIDTHS}
    for width, seconds in interleaved(widths, bench.rounds, BY_WIDTH).items():
        name = f"1 of {width}" if width > 1 else "1 alone"
        bench.report.add(BY_WIDTH, name, "s", [one / width for one in seconds])
    for width in (1, 30):
        sizes = {size: epoch(width, size) for size in BATCH_SIZES}
        for size, seconds in interleaved(sizes, bench.rounds, BY_BATCH).items():
            name = f"batch size {size}, {f'1 of {width}' if width > 1 else '1 alone'}"
            bench.report.add(BY_BATCH, name, "s", [one / width for one in seconds])
