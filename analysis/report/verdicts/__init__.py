"""Verdicts: what a study says at first sight, each from its runs alone.

`setting`: which to use, the first sentence of a report. `article`: what the printed rows are worth.
`deaths`: what the rows hide, and what kills. `analysis.report.findings` puts them in order.
"""
