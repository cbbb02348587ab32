def build():
    value = 1
      return value
