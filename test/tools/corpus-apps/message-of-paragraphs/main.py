raise ImportError("""the extension could not be loaded

IMPORTANT: read this.

  * check the interpreter
  * check the path
""")
