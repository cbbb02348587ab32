import unittest

import agent_path  # noqa: F401
from inside.sql_script import Step, steps

SCRIPT = r"""
-- the roles; and a comment
CREATE USER app WITH PASSWORD 'a;b''c';
CREATE DATABASE shop OWNER app;
\echo 'made'
\c shop
/* a /* nested; */ comment; */
CREATE TABLE "odd;name" (note text DEFAULT E'it\'s; so');
CREATE FUNCTION f() RETURNS void AS $body$ BEGIN PERFORM 1; END; $body$ LANGUAGE plpgsql;
COPY public.things (id, name) FROM stdin;
1	a;b
2	it's
\.
DO $$ BEGIN NULL; END $$;
SELECT 1
"""


class Steps(unittest.TestCase):
    def test_cuts_where_psql_does(self):
        found = list(steps(SCRIPT))
        self.assertEqual([step.connect for step in found if step.connect], ["shop"])
        statements = [step.sql.split("\n")[-1] for step in found if step.connect is None]
        self.assertEqual(statements, [
            "CREATE USER app WITH PASSWORD 'a;b''c'", "CREATE DATABASE shop OWNER app",
            "CREATE TABLE \"odd;name\" (note text DEFAULT E'it\\'s; so')",
            "CREATE FUNCTION f() RETURNS void AS $body$ BEGIN PERFORM 1; END; $body$ LANGUAGE plpgsql",
            "COPY public.things (id, name) FROM stdin", "DO $$ BEGIN NULL; END $$", "SELECT 1"])

    def test_rows_belong_to_their_copy(self):
        [copy] = [step for step in steps(SCRIPT) if step.rows is not None]
        self.assertEqual(copy.rows, "1\ta;b\n2\tit's\n")

    def test_what_is_left_open_ends_with_the_script(self):
        self.assertEqual(list(steps("SELECT 'a;")), [Step("SELECT 'a;")])
        self.assertEqual(list(steps("SELECT $x$ a; ")), [Step("SELECT $x$ a;")])
        self.assertEqual(list(steps(" -- nothing\n\\set ON_ERROR_STOP on\n")), [])
        self.assertEqual(list(steps("COPY t FROM STDIN;\n1\n")), [Step("COPY t FROM STDIN", rows="1\n")])


if __name__ == "__main__":
    unittest.main()
