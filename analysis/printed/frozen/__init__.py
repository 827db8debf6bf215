"""The frozen-model test: is a printed training what a model that never moved would print?

`printed`      trainings as texts, with the digits that were printed
`lattice`      the training accuracies that a model that never moved can print
`untrained`    such models simulated
`monte_carlo`  several figures beside simulated ones: one p-value
`verdict`      the test, and its sentence
`error_rates`  how often it errs
`section`      the report's section on it
"""
