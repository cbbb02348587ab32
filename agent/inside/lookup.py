"""What is installed, and where names really live: read from files, never imported."""
from __future__ import annotations

import os

from .environment import environment_python
from .exports import Library, offers
from .installed import environment_index, site_packages, stdlib_names
from .name_places import places_of
from .providers import known_providers, look_alikes, usual
from .ruff_notes import ruff_notes


def lookup(command: dict) -> dict:
    environment, tree = command["environment"], command["tree"]
    site = site_packages(environment)
    base = environment_index(environment, site)
    owners = base["owners"]
    unused, undefined = ruff_notes(tree, command.get("ruff"))
    asked_for = list(dict.fromkeys([*command["names"], *(each["name"] for each in undefined)]))
    # `Client.__init__`: where the class is has to be known before its method can be read.
    heads = [name.partition(".")[0] for name in command["names"] if "." in name]
    names = places_of([*asked_for, *heads], site, tree, owners)
    asked = {name.partition(".")[0] for name in command["names"]}
    modules = asked | set(command["imports"])
    return {
        "python": environment_python(environment), "distributions": base["distributions"], "stdlib": sorted(stdlib_names(environment)), "names": names,
        "known": (known := known_providers(modules, base["distributions"], command.get("mapping"))),
        "lookAlikes": look_alikes(modules - set(known), base["distributions"], command.get("mapping")),
        "usual": usual(asked, owners, command.get("mapping")),
        "unusedImports": unused, "undefinedNames": undefined,
        **offers(command["names"], names, Library([tree, site, os.path.dirname(os.__file__)])),
    }
