"""What else could have been printed: other losses, other divisions, other seeds and orders.

`tables`   shares, updates and causes of divergence; the article's table with another loss
`causes`   what runs die of, in words
`doomed`   gradients that are not finite before the first update
`section`  the report's section on it
"""
