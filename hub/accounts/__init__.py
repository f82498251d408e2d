"""Who sends and pays: accounts, users, API tokens, and the credit ledger."""
