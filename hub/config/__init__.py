"""hub.ini and its environment, read into typed sections."""
