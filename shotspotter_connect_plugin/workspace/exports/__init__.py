"""Files that leave the agency's desk: the plan for other programs and for a car, the public pack."""
