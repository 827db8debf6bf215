"""The article's own run: the parameters it drew, trained in many orders."""
