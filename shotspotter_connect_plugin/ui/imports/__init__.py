"""The import dock."""
