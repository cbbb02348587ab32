warm = 3
