TEXT = "text/plain"
