FLAGS = 1
NAME = "metric"
BOTH = FLAGS | NAME
