"""The plan dock, in which an analyst reviews and changes the plan of a shift."""
