import os
import tempfile
import unittest

import agent_path  # noqa: F401
from inside.lookup import lookup
from inside.providers import look_alikes

FILES = {
    "env/pyvenv.cfg": "home = /usr/bin\nversion_info = 3.14.2.final.0\n",
    # A distribution whose import name is another one.
    "env/lib/python3.14/site-packages/Pack_Age-1.5.dist-info/METADATA":
        "Metadata-Version: 2.1\nName: Pack-Age\nVersion: 1.5\nRequires-Dist: asyncpg>=0.29; extra == 'pg'\nRequires-Dist: python-jose\n\nText\n",
    "env/lib/python3.14/site-packages/Pack_Age-1.5.dist-info/RECORD":
        "packed/__init__.py,,\npacked/ext/__init__.py,,\npacked_one.py,,\npacked/_speedups.cpython-314-x86_64-linux-gnu.so,,\n../../../bin/tool,,\nPack_Age-1.5.dist-info/RECORD,,\n",
    "env/lib/python3.14/site-packages/packed/__init__.py": "from ._impl import Hidden as Hidden\n",
    "env/lib/python3.14/site-packages/packed/_impl.py": "class Hidden: pass\nclass Engine: pass\n",
    "env/lib/python3.14/site-packages/packed/ext/__init__.py": "from .engine import AsyncEngine\n",
    "env/lib/python3.14/site-packages/packed/ext/engine.py": "from packed._impl import Engine\nclass AsyncEngine(Engine): pass\ndef make(): return AsyncEngine()\n",
    "env/lib/python3.14/site-packages/packed/user.py": "from packed.ext import AsyncEngine\nengine: AsyncEngine\n",
    "env/lib/python3.14/site-packages/packed/typed.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    AsyncEngine = object\n",
    "env/lib/python3.14/site-packages/packed/tests/engine.py": "class AsyncEngine: pass\n",
    "env/lib/python3.14/site-packages/packed/broken.py": "class AsyncEngine(\n",
    "env/lib/python3.14/site-packages/packed_one.py": "try:\n    LIMIT = 1\nexcept ImportError:\n    LIMIT = 2\n",
    "tree/src/__init__.py": "",
    "tree/src/models.py": "class User: pass\n",
    "tree/src/boom.py": "raise SystemExit('the tree must never be imported')\nclass Engine: pass\n",
    "tools/mapping": "yaml:PyYAML\njwt:PyJWT\n",
}


class LookupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.at = folder.name
        for path, text in FILES.items():
            full = os.path.join(self.at, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w") as file:
                file.write(text)
        os.makedirs(os.path.join(self.at, "env/.boot-check"))

    def ask(self, *names, **more):
        command = {"environment": f"{self.at}/env", "tree": f"{self.at}/tree", "names": list(names), "imports": [], "mapping": f"{self.at}/tools/mapping"}
        return lookup(command | more)

    def modules(self, name):
        return [location["module"] for location in self.ask(name)["names"][name]]

    def test_distributions_know_their_import_names(self):
        found = self.ask()
        self.assertEqual(found["python"], "3.14.2")
        [distribution] = found["distributions"]
        self.assertEqual((distribution["name"], distribution["version"]), ("Pack-Age", "1.5"))
        self.assertEqual(distribution["modules"], ["packed", "packed_one"])
        self.assertEqual(distribution["requires"], ["asyncpg>=0.29; extra == 'pg'", "python-jose"])

    def test_public_short_paths_come_first_and_mere_users_not_at_all(self):
        self.assertEqual(self.modules("AsyncEngine"), ["packed.ext", "packed.ext.engine"])
        self.assertEqual(self.modules("Hidden"), ["packed", "packed._impl"])

    def test_locations_say_kind_owner_and_origin(self):
        names = self.ask("make", "LIMIT", "User", "packed.ext", "packed.gone", "src.models")["names"]
        self.assertEqual(names["make"], [{"name": "make", "module": "packed.ext.engine", "kind": "function", "origin": "package", "distribution": "Pack-Age"}])
        self.assertEqual(names["LIMIT"][0]["kind"], "value")
        self.assertEqual(names["User"], [{"name": "User", "module": "src.models", "kind": "class", "origin": "tree"}])
        self.assertEqual(names["packed.ext"][0]["kind"], "module")
        self.assertEqual(names["packed.gone"], [])
        self.assertEqual(names["src.models"][0]["origin"], "tree")

    def test_the_tree_comes_before_packages(self):
        self.assertEqual(self.modules("Engine"), ["src.boom", "packed._impl"])

    def test_odd_names_are_answered_with_nothing(self):
        self.assertEqual(self.ask("../../etc", "a b", "")["names"], {"../../etc": [], "a b": [], "": []})

    def test_standard_library(self):
        self.assertEqual(self.ask("datetime")["names"]["datetime"], [{"name": "datetime", "module": "datetime", "kind": "module", "origin": "stdlib"}])
        self.assertIn("typing", self.modules("TYPE_CHECKING"))

    def test_known_is_looked_up_and_never_guessed(self):
        known = self.ask("yaml", "jwt.algorithms", "asyncpg", "jose", "packed", "nobody_knows_this")["known"]
        self.assertEqual(known, {"yaml": "PyYAML", "jwt": "PyJWT", "asyncpg": "asyncpg", "jose": "python-jose"})

    def test_who_provides_what_the_server_imports_is_known_before_a_boot_misses_it(self):
        found = self.ask("yaml", imports=["jwt", "packed", "json"])
        self.assertEqual(found["known"], {"yaml": "PyYAML", "jwt": "PyJWT"})
        self.assertEqual(list(found["names"]), ["yaml"])

    def test_the_index_is_cached_until_the_environment_changes(self):
        self.ask()
        cache = os.path.join(self.at, "env/.boot-check/index.json")
        self.assertTrue(os.path.exists(cache))
        site = os.path.join(self.at, "env/lib/python3.14/site-packages")
        os.makedirs(os.path.join(site, "other-2.0.dist-info"))
        self.assertEqual([d["name"] for d in self.ask()["distributions"]], ["Pack-Age", "other"])

    def test_a_missing_environment_is_an_empty_one(self):
        found = self.ask("User", environment=f"{self.at}/nowhere")
        self.assertEqual((found["distributions"], found["python"]), ([], ""))
        self.assertEqual(found["names"]["User"][0]["module"], "src.models")


class SlipTest(unittest.TestCase):
    INSTALLED = [{"name": "SQLAlchemy", "modules": ["sqlalchemy"]}, {"name": "fastapi-users", "modules": ["fastapi_users"]}]

    def test_one_slip_away_from_a_known_name(self):
        for name in ("sqlalchmey", "sqlalchem", "sqlalchemyy", "sqlalchemi"):
            self.assertEqual(look_alikes([name], self.INSTALLED, None), {name: ["sqlalchemy"]})
        self.assertEqual(look_alikes(["fastapi_user"], self.INSTALLED, None), {"fastapi_user": ["fastapi-users"]})

    def test_other_names_and_the_known_ones_themselves_are_none(self):
        self.assertEqual(look_alikes(["sqlalchemy", "fastapi_users", "openai", "sqlmodel"], self.INSTALLED, None), {})


if __name__ == "__main__":
    unittest.main()
