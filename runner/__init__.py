"""The runner trains softmax regression and logs every epoch.

`lesson`       the mathematics: softmax, net, cross-entropy, accuracy, SGD
`train`        one training: a generator of one record per epoch
`outcome`      what became of a run: trained, stalled or diverged
`postmortem`   why a run diverged: its fatal epoch replayed
`fatal_update` one update taken apart: what was first not finite
`config`       the keys users type, their ranges, a configuration and its hash
`data`         the four Fashion-MNIST files, found and always verified
`fetch`        the same fetched, where they are not there
`store`        the MLflow store, opened, and made safely where it is not there
`tracking`     runs logged to an experiment, finished ones found again
`views`        what MLflow's UI shows of an experiment: its note, its columns
`notes`        the outcome of a run in one sentence
`curves`       a small picture of a run
`run`          one command, one run: config -> data -> train -> tracking
`sweep`        many runs of one command: planned first, then launched
`models`       the best run of each learning rate of a sweep, logged as a model
`classifier`   the program inside such a model
`cli`          the command `lrstudy`
`ui`           the command `lrstudy-ui`: MLflow's UI, for this machine only

Importing the package prepares the process (see `environment`), because the
settings must stand before MXNet and MLflow are imported.
"""

from runner import environment

__version__ = "0.1.0"

environment.prepare()
