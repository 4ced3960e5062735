"""The Reports dock, and the reports that are open in the project."""
