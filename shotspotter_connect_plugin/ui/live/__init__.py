"""The live patrol dock for a car's computer."""
