def pages(directory=None, env=None):
    assert directory or env, "a directory or an env must be given"


pages()
