"""The dialog in which the agency's list of tactics is edited."""
