import unittest
from unittest import mock

import agent_path  # noqa: F401
from inside import definitions
from inside.definitions import defined_in, defining

MODULE = b"""
class Kind: ...
async def act(): ...
first = second = 1
shown: int = 2
from .deep import Other as Other, hidden
try:
    fast = None
except ImportError:
    def fast(): ...
if True:
    nested = used(call=1)
"""


class DefinitionsTest(unittest.TestCase):
    def test_what_a_module_offers(self):
        self.assertEqual(defined_in("plain.py", MODULE, "pack.plain"), {
            "Kind": "class", "act": "function", "first": "value", "second": "value", "shown": "value", "Other": "import", "fast": "value", "nested": "value"})

    def test_a_package_offers_what_it_imports_of_its_own_and_what_it_lists(self):
        text = b"from .deep import hidden\nfrom elsewhere import foreign\n__all__ = ['lazy']\n"
        self.assertEqual(defined_in("pack/__init__.py", text, "pack"), {"hidden": "import", "__all__": "value", "lazy": "import"})

    def test_every_name_that_is_offered_is_seen_before_the_text_is_parsed(self):
        for name in defined_in("plain.py", MODULE, "pack.plain"):
            self.assertTrue(defining([name]).search(MODULE), name)
        for name in ("used", "call", "ImportError", "None", "hidden"):
            self.assertFalse(defining([name]).search(MODULE.replace(b"call=1", b"call")), name)

    def test_a_text_is_parsed_once_and_again_when_it_has_changed(self):
        with mock.patch.object(definitions.ast, "parse", wraps=definitions.ast.parse) as parse:
            for text in (b"a = 1\n", b"a = 1\n", b"b = 1\n"):
                defined_in("changing.py", text, "changing")
        self.assertEqual(parse.call_count, 2)
        self.assertEqual(defined_in("changing.py", b"b = 1\n", "changing"), {"b": "value"})


if __name__ == "__main__":
    unittest.main()
