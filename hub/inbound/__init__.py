"""Texts from phones: kept before anything else, opt-outs first, then who gets the answer."""
