import resource
import sys
import unittest

from agent_path import run
from inside import log
from inside.log import LogBook
from inside.processes import Child, end


def texts(book):
    return [line["text"] for line in book.lines()]


class LogBookTest(unittest.TestCase):
    def setUp(self):
        self.live = []
        self.book = LogBook(self.live.append)

    def test_keeps_short_logs_whole_and_shows_them_live(self):
        self.book.feed("stderr", b"one\ntw")
        self.book.feed("stdout", b"other\n")
        self.book.feed("stderr", b"o\nthree")
        self.assertEqual(texts(self.book), ["one", "other", "two", "three"])
        self.assertEqual([line["text"] for line in self.live], ["one", "other", "two"])
        self.assertEqual(self.book.dropped, 0)

    def test_markers_are_found_in_any_dress_and_across_chunks(self):
        self.book.feed("stdout", b'{"level": "info", "message": "Waiting for application sta')
        self.assertIsNone(self.book.waiting_at)
        self.book.feed("stdout", b'rtup."}\n2026 | INFO | Application startup complete.\n')
        self.assertIsNotNone(self.book.waiting_at)
        self.assertIsNotNone(self.book.complete_at)

    def test_a_marker_split_over_two_streams_is_none(self):
        self.book.feed("stdout", b"Application startup ")
        self.book.feed("stderr", b"complete\n")
        self.assertIsNone(self.book.complete_at)

    def test_long_lines_are_cut(self):
        self.book.feed("stderr", b"x" * 100_000 + b"\nnext\n")
        first, second = texts(self.book)
        self.assertLess(len(first), log.LINE_BYTES + 50)
        self.assertEqual(second, "next")

    def test_keeps_head_tail_and_the_first_fatal_block_between(self):
        total = 3 * (log.HEAD_LINES + log.TAIL_LINES)
        for number in range(total):
            self.book.feed("stdout", b"line %d %s\n" % (number, b"x" * 500))
            if number == total // 2:
                self.book.feed("stderr", b"Traceback (most recent call last):\n")
                self.book.feed("stderr", b'  File "a.py", line 1, in <module>\nValueError: the nee')
                self.book.feed("stderr", b"dle\n")
        kept = texts(self.book)
        self.assertTrue(kept[0].startswith("line 0 "))
        self.assertTrue(kept[-1].startswith(f"line {total - 1} "))
        start = kept.index("Traceback (most recent call last):")
        self.assertEqual(kept[start + 1:start + 3], ['  File "a.py", line 1, in <module>', "ValueError: the needle"])
        self.assertGreater(self.book.dropped, 0)
        self.assertEqual(self.book.dropped + len(kept), total + 3)

    def test_200_mb_cost_neither_memory_nor_lines(self):
        program = "import sys\nfor _ in range(2000): sys.stderr.write('x' * 99 + '\\n' + ('y' * 99 + '\\n') * 999)\nsys.exit('bye')"

        async def flood():
            child = Child([sys.executable, "-c", program], cwd="/", env={}, heard=self.book.feed)
            await child.dead.wait()
            await end(child, 0)
            return child.exit

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.assertEqual(run(flood()), {"code": 1})
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        kept = texts(self.book)
        self.assertEqual(kept[-1], "bye")
        self.assertEqual(self.book.dropped + len(kept), 2_000_001)
        self.assertLess(grown, 60_000 if sys.platform == "linux" else 60_000_000)


if __name__ == "__main__":
    unittest.main()
