"""Backups: a folder that holds all a hub is made of, and how one is brought back."""
