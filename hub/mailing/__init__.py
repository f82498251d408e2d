"""Mail that the hub writes: kept with what caused it, sent by a job through the configured relay."""
