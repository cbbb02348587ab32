"""Objects of the app, found by one walk over everything that lives."""
import gc
import sys

# In a fork: what the packages had made before it. The collector has that set aside there, and a walk over it would copy its pages.
_inherited = {}


def inherit(*names):
    """In the warm process, before its objects are set aside for the forks."""
    _inherited.update(_found(names))


def living(*names):
    """Objects of the classes `module:Class` that the app has loaded, by name, from one pass over all objects.

    Looks at real types only: proxies run code when they are asked what they are.
    """
    return {name: [*_inherited.get(name, ()), *items] for name, items in _found(names).items()}


def _found(names):
    classes = {}
    for name in names:
        module, _, attribute = name.partition(":")
        value = getattr(sys.modules.get(module), attribute, None)
        if isinstance(value, type):
            classes[name] = value
    found, matches = {name: [] for name in names}, {}
    for item in gc.get_objects() if classes else ():
        kind = type(item)
        fits = matches.get(kind)
        if fits is None:
            fits = matches[kind] = [name for name, wanted in classes.items() if issubclass(kind, wanted)]
        for name in fits:
            found[name].append(item)
    return found
