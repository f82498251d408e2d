"""Guards against fraud and runaway spending: what an account may do before a person has looked at it."""
