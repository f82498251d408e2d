"""Texts that an account keeps under a name, to send them again."""
