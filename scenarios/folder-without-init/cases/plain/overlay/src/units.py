# Moved to the folder units.
