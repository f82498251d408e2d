"""A person's data: everything that an account holds about a number, given out whole or erased."""
