"""What the bench can measure, in which order."""

from bench import floor, job, one, overhead, reading, rounding, sizes, study, sweeps, thirty

WITH_CONTENDERS = {
    "one": one.measure,
    "thirty": thirty.measure,
    "floor": floor.measure,
    "sizes": sizes.measure,
}
"""Parts that ask child processes for epochs; these end before the other parts begin."""

WITH_COMMANDS = {
    "rounding": rounding.measure,
    "start": overhead.measure_start,
    "sweeps": sweeps.measure,
    "job": job.measure,
    "overhead": overhead.measure,
    "reading": reading.measure,
    "study": study.measure,
}
