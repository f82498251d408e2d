"""What the hub answers over HTTP: the REST API, problems, health and metrics."""
