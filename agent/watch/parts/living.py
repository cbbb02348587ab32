"""Objects of the app, found by one walk over everything that lives."""
import gc
import sys


def living(*names):
    """Objects of the classes `module:Class` that the app has loaded, by name, from one pass over all objects.

    Looks at real types only: proxies run code when they are asked what they are.
    """
    classes = {}
    for name in names:
        module, _, attribute = name.partition(":")
        value = getattr(sys.modules.get(module), attribute, None)
        if isinstance(value, type):
            classes[name] = value
    found, matches = {name: [] for name in names}, {}
    # In a fork, what was made before it is set aside; nothing is elsewhere.
    gc.unfreeze()
    for item in gc.get_objects() if classes else ():
        kind = type(item)
        fits = matches.get(kind)
        if fits is None:
            fits = matches[kind] = [name for name, wanted in classes.items() if issubclass(kind, wanted)]
        for name in fits:
            found[name].append(item)
    return found
