"""`make bench`: how fast this is, beside other programs that do the same, in one table.

`cli`       the command: parts, rounds, bench.json, Markdown
`parts`     what can be measured, in which order
`results`   figures, their goals and what is said about them
`rounds`    contenders measured in turn
`table`     the results as a table, in the terminal and as Markdown
`setting`   the machine, the versions, what is computed with

`one`       an epoch of one run
`thirty`    an epoch of thirty learning rates
`floor`     the arithmetic alone
`sizes`     cost against configurations and batch size
`rounding`  runs that come out differently stacked and alone
`sweeps`    whole sweeps as a user types them
`overhead`  a sweep outside training, from command to first update
`reading`   runs read back and reported
`study`     what `make study` does: its runs and the report

`peer`      a contender, seen from the bench: a child process
`serve`     and from within that process
`peer_...`  the contenders

Nothing is imported here: the contenders run in environments without the runner.
"""
