import os
import tempfile
import unittest

import agent_path  # noqa: F401
from inside.exports import Library, members, offers, parameters

FILES = {
    "packed/__init__.py": "from .base import *\nfrom .client import Client\nimport os as _os\n__all__ = ['Lazy', 'Client']\n",
    "packed/base.py": "__all__ = ['Base']\nclass Base:\n    def close(self): self.closed = True\nclass Secret: pass\n",
    "packed/client.py": "from packed import base as b\nclass Client(b.Base):\n    timeout: float = 1\n    def __init__(self, url, *, proxy=None): self.url = url\n    @staticmethod\n    def make(kind): pass\n",
    "packed/lazy/__init__.py": "def __getattr__(name): return 1\n",
    "packed/plain.py": "try:\n    import json\nexcept ImportError:\n    json = None\nif True:\n    def helper(a, b=1, **more): pass\n(x, y) = 1, 2\n",
    "packed/data.py": "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n    y: int = 0\n",
    "packed/circle_a.py": "from packed.circle_b import *\nA = 1\n",
    "packed/circle_b.py": "from packed.circle_a import *\nB = 1\n",
    "packed/broken.py": "class (\n",
    "packed/_fast.cpython-314-x86_64-linux-gnu.so": "",
    "packed/typed.pyi": "def typed(a: int) -> None: ...\n",
    "_hidden_part.py": "class Part: pass\n",
    "aliased/__init__.py": "import sys\nimport _hidden_part\nsys.modules['aliased.part'] = _hidden_part\npart = _hidden_part\nimport boom as noise\n",
    "aliased/itself.py": "import _hidden_part\nimport sys\nsys.modules[__name__] = _hidden_part\n",
    "boom.py": "raise SystemExit('never to be run')\n",
}


class ExportsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path, text in FILES.items():
            full = os.path.join(folder.name, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w") as file:
                file.write(text)
        self.library = Library([folder.name])

    def names(self, module):
        names, more = self.library.exports(module)
        return set(names), more

    def test_a_package_offers_what_it_binds_states_and_holds(self):
        names, more = self.names("packed")
        self.assertLessEqual({"Base", "Client", "Lazy", "base", "client", "lazy", "_fast"}, names)
        self.assertNotIn("Secret", names, "a star import takes what is stated")
        self.assertFalse(more)

    def test_a_module_without_a_file_is_the_one_its_parent_puts_there(self):
        self.assertEqual(({"Part"}, False), self.names("aliased.part"))
        self.assertIsNone(self.library.module("aliased.nothing"))

    def test_a_module_may_put_another_one_in_its_own_place(self):
        self.assertEqual(({"Part"}, False), self.names("aliased.itself"))

    def test_the_standard_library_is_read_whatever_way_it_puts_modules_in_place(self):
        names, _ = Library([os.path.dirname(os.__file__)]).exports("collections.abc")
        self.assertLessEqual({"AsyncIterator", "Mapping"}, set(names))

    def test_blocks_and_tuples_bind_too(self):
        self.assertEqual(self.names("packed.plain"), ({"json", "helper", "x", "y"}, False))

    def test_what_only_running_would_tell_is_open(self):
        self.assertTrue(self.names("packed.lazy")[1])
        self.assertTrue(self.names("packed._fast")[1])
        self.assertTrue(self.names("packed.broken")[1])

    def test_circles_of_star_imports_end(self):
        self.assertEqual(self.names("packed.circle_a")[0], {"A", "B"})

    def test_stubs_are_read_where_there_is_no_source(self):
        self.assertEqual(parameters(self.library, "packed.typed", "typed"), {"parameters": ["a"], "open": False})

    def test_members_are_inherited_and_set_on_self(self):
        names, more = members(self.library, "packed", "Client")
        self.assertLessEqual({"close", "closed", "timeout", "url", "make", "__init__"}, set(names))
        self.assertFalse(more)

    def test_parameters_of_methods_functions_and_dataclasses(self):
        self.assertEqual(parameters(self.library, "packed", "Client", "__init__"), {"parameters": ["url", "proxy"], "open": False})
        self.assertEqual(parameters(self.library, "packed", "Client", "make"), {"parameters": ["kind"], "open": False})
        self.assertEqual(parameters(self.library, "packed.plain", "helper"), {"parameters": ["a", "b"], "open": True})
        self.assertEqual(parameters(self.library, "packed.data", "Point"), {"parameters": ["x", "y"], "open": False})

    def test_a_missing_module_is_answered_by_its_nearest_package(self):
        answer = offers(["packed.gone.deep", "elsewhere"], {}, self.library)
        self.assertEqual(list(answer["exports"]), ["packed"])

    def test_shapes_are_those_of_the_places_found(self):
        found = {"Client": [{"name": "Client", "module": "packed", "kind": "class", "origin": "package"}]}
        answer = offers(["Client", "Client.__init__"], found, self.library)
        self.assertEqual([shape["module"] for shape in answer["members"]], ["packed"])
        self.assertEqual(answer["parameters"], [{"name": "Client.__init__", "module": "packed", "parameters": ["url", "proxy"], "open": False}])

    def test_nothing_is_run(self):
        self.assertEqual(self.names("boom"), (set(), False))


if __name__ == "__main__":
    unittest.main()
