SCALES = dict(["m"])
