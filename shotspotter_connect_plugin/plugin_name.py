"""What the plugin is called wherever people read it."""

NAME = "ShotSpotter Connect"
