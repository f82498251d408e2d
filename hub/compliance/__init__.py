"""The law: per country, when marketing may leave, who may sign it, and how a person says stop."""
