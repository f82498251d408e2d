"""The plugin's own tests need the plugin: they run where it is installed, and stay out of the way elsewhere."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("hub_discreet") else ["tests"]
