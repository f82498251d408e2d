"""Short links in texts: where they lead, who followed them, and the link by which a person wants no more texts."""
