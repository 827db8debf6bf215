"""The runner trains softmax regression and logs every epoch to MLflow.

Its rooms, the highest first; each imports from those below it, by their faces:

`commands`   what users type: `lrstudy`, `lrstudy-sync`, `lrstudy-ui`
`launchers`  how the jobs of a sweep are spread: stacked, joblib, Ray, Slurm
`sweeps`     the runs of one command: planned, launched, watched, summed up
`runs`       one training of one configuration, from its keys to its last artifact
`pictures`   what runs log as pictures, and the style of all
`tracking`   the MLflow store, and what to do when its server goes away
`training`   the lesson's mathematics, stacks, and why a run diverged
`losses`     the forms of the loss
`data`       the images
`process`    environment, signals, console, errors

Beside them stand `keys` (what users may type), `configuration` (what decides a run's numbers) and
`records` (what a training gives).

Importing the package prepares the process (see `runner.process`), because the settings must
stand before MXNet and MLflow are imported.
"""

from runner.process import prepare

__version__ = "0.1.0"

prepare()
