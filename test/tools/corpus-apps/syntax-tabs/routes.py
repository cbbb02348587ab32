def build():
        one = 1
	two = 2
