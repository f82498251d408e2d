"""SMPP 3.4: binds to carriers that live as long as the worker. `[connector.NAME] type = smpp`."""

hub_api = 1
