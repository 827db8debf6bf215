"""The runner trains softmax regression and logs every epoch.

`lesson`       the mathematics: softmax, net, cross-entropy, accuracy, SGD
`columns`      the same for many configurations at once: one update of a stack
`train`        one training of a stack: a generator of one record per column and epoch
`evaluation`   the figures of an epoch
`means`        pooled means and the article's means of batch means
`product`      this machine's matrix product, checked before anything is trained with it
`outcome`      what became of a run: trained, stalled or diverged
`postmortem`   why a run diverged: its fatal epoch replayed
`fatal_update` one update taken apart: what was first not finite
`stacks`       configurations that train together
`spread`       stacks trained in several processes, handed over to their jobs
`cluster`      a sweep's jobs sent to other machines, and started again where one is lost
`on_ray`       such a cluster by Ray
`on_submitit`  such a cluster by Slurm
`travel`       what a job must not take for granted on another machine
`config`       the keys users type, their ranges, a configuration and its hash
`data`         the four Fashion-MNIST files, found and always verified
`fetch`        the same fetched, where they are not there
`store`        the MLflow store, opened, and made safely where it is not there
`mounts`       a network file system, where SQLite cannot be shared
`disk`         a full disk
`patience`     a server that goes away is waited for
`tracking`     runs logged to an experiment, finished ones found again
`run_log`      what one run logs
`origin`       where a run comes from: user, machine, versions, commit
`kept`         a run kept as files, because its server did not answer
`sync`         the command `lrstudy-sync`: kept runs, logged later
`views`        what MLflow's UI shows of an experiment: its note, its columns
`notes`        the outcome of a run in one sentence
`curves`       a small picture of a run
`pictures`     the first images of the data, and the image that a run died of
`backdrop`     what many pictures share, drawn once
`run`          one command, one run: config -> data -> train -> tracking
`ending`       what a run logs once it is trained
`rerun`        a past run trained again from MLflow alone, and compared
`sweep`        many runs of one command: planned, launched, watched, summed up
`plan`         the jobs of a sweep, each configuration once, and what is left to train
`dry_run`      a plan printed instead of carried out
`estimate`     how long runs take and how much they write, told before
`compose`      Hydra's configuration of each job, made from one composition
`job`          one job in whichever process: alone, or as a run of a sweep
`progress`     how far a sweep is
`results`      what became of a sweep, and how to repeat what failed
`processes`    which process does what; workers die with their command
`interrupt`    Ctrl-C and SIGTERM
`repair`       runs left RUNNING by a process that is gone
`models`       the best run of each learning rate of a sweep, logged as a model
`classifier`   the program inside such a model
`cli`          the command `lrstudy`
`ui`           the command `lrstudy-ui`: MLflow's UI, for this machine only

Importing the package prepares the process (see `environment`), because the
settings must stand before MXNet and MLflow are imported.
"""

from runner.process import environment

__version__ = "0.1.0"

environment.prepare()
