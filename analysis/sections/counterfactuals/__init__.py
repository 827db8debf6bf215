"""What else could have been printed: other losses, other divisions, other seeds and orders."""
