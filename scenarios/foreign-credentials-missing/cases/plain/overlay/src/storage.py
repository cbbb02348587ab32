import google.auth

credentials, project = google.auth.default(scopes=["https://www.googleapis.com/auth/devstorage.read_only"])
