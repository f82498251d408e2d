"""Any carrier with an HTTP API, described in hub.ini or by a preset. `[connector.NAME] type = http`."""

hub_api = 1
