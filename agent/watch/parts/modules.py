"""Which modules of the environment's packages are loaded, in the order in which their imports began."""
import sys

# Set in a process that was forked from the warm one: says whether it differed from a cold start, or None.
differs = None


def modules():
    answer = {"modules": loaded()}
    if differs is not None:
        answer["differs"] = differs()
    return answer


def loaded():
    names = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None)
        # An alias under another name is not there to be imported.
        if isinstance(origin, str) and getattr(spec, "name", None) == name and in_packages(origin) and not name.endswith("__main__"):
            names.append(name)
    return names


def in_packages(path):
    return path.startswith(sys.prefix) and "site-packages" in path
