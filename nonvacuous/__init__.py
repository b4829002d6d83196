"""Generalization bounds for trained neural nets."""
