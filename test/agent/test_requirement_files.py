import os
import tempfile
import unittest

import agent_path  # noqa: F401
from inside.requirement_files import flat, needs_rewriting


class RequirementFilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def put(self, name, text, encoding="utf-8"):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding=encoding, newline="") as file:
            file.write(text)
        return path

    def test_a_plain_file_goes_to_uv_as_it_is(self):
        path = self.put("requirements.txt", "a==1 \\\n  --hash=sha256:00\n-r more/base.txt\n--extra-index-url https://pypi.org/simple\n-e ./lib\n")
        self.put("more/base.txt", "b\n")
        self.assertFalse(needs_rewriting(path))

    def test_windows_files_are_read(self):
        for encoding in ("utf-16", "utf-8-sig"):
            path = self.put("requirements.txt", "fastapi==0.115.0\r\nuvicorn\r\n", encoding)
            self.assertTrue(needs_rewriting(path))
            self.assertEqual(flat(path), (["fastapi==0.115.0", "uvicorn"], []))

    def test_a_private_index_is_left_out_wherever_it_is_named(self):
        path = self.put("requirements.txt", "-r base.txt\n-i https://user:secret@pypi.example.com/simple\na\n")
        self.put("base.txt", "--extra-index-url=https://pypi.example.com/simple\n--extra-index-url https://download.pytorch.org/whl/cpu\nb\n")
        self.assertTrue(needs_rewriting(path))
        self.assertEqual(flat(path), (["--extra-index-url https://download.pytorch.org/whl/cpu", "b", "a"], []))

    def test_includes_constraints_and_paths(self):
        path = self.put("requirements.txt", "-r deep/more.txt\n-c limits.txt\n")
        self.put("deep/more.txt", "-e ../lib  # ours\nx==1 ; python_version > '3'\n./vendored\n-e git+https://host/y.git@v1#egg=y[z]\n-r ../requirements.txt\n")
        self.put("limits.txt", "x<2\n")
        wanted, limits = flat(path, lambda line: line.replace("==", ">="))
        self.assertEqual(wanted, [
            f"-e {self.folder}/lib", "x>=1 ; python_version > '3'", f"{self.folder}/deep/vendored", "y[z] @ git+https://host/y.git@v1"])
        self.assertEqual(limits, ["x<2"])


if __name__ == "__main__":
    unittest.main()
