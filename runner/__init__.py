"""The runner trains softmax regression and logs every epoch to MLflow.

Its rooms, highest first. Each imports only from those below it, through their `__init__.py`:

`commands`   what users type: `lrstudy`, `lrstudy-sync`, `lrstudy-ui`
`launchers`  ways to spread the jobs of a sweep: stacked, joblib, Ray, Slurm
`sweeps`     the runs of one command: planned, launched, monitored and summarised
`runs`       one training of one configuration, from its keys to its last artifact
`pictures`   the pictures that runs log, and the style of every picture
`tracking`   the MLflow store, and what happens when its server goes away
`training`   the lesson's mathematics, stacks, and why a run diverged
`losses`     the forms of the loss
`draws`      whose random numbers the initial parameters are
`data`       the images
`process`    environment, signals, console, errors

Four modules stand beside them: `keys` (what users may type), `configuration` (what decides a run's
numbers), `records` (what a training produces) and `variance` (what varies between runs).

Importing `commands` or `training` prepares the process (see `runner.process`): the settings must be
in place before NumPy, MXNet and MLflow are imported. Importing any other room leaves it as it is.
"""

__version__ = "0.1.0"
