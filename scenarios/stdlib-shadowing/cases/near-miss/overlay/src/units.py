METRES = {"m": 1.0}
