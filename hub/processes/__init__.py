"""The processes a hub is made of, and the supervisor that runs them all on one machine."""
