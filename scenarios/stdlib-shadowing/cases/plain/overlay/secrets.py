API_TOKEN = "made-up-value"
