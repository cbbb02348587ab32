DEFAULT_NAME = "Auth backend"
