"""What tests of the hub, of its plugins and of its connectors build on. Never imported by the hub itself."""
