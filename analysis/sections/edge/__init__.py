"""Where is the edge: from which learning rate on does training break, and why there?

`grid`         the runs of a fine grid of learning rates
`sensitivity`  divergence, accuracy and learning-rate sensitivity on the grid
`curvature`    the largest eigenvalue of the training loss's Hessian
`bounds`       the bound on the learning rate that follows from it
`words`        what the section says
`figure`       what it shows
`section`      the report's section on it
"""
