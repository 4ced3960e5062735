"""What is made of the plan of a shift: roll-call sheets, the plan as a QGIS project, the project for a phone."""
