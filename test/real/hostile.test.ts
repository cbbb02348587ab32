/** Code that means harm: it gets nowhere, and the run lives on. What a runtime does not promise is not asked of it (README, Safety). */
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Runtime } from '../../agent/runtime.ts';
import { parse } from '../../parsers/parse.ts';
import { openDesk, runtimes, start as run } from './command.ts';
import { asgi, lay, openRuntime, printed } from './place.ts';

const MARK = 'boot-check-hostile-mark';

/** Processes of this machine, containers' included, whose command line holds the word. */
async function processesWith(word: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(word));
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map(async ({ parentPath, name }) => (await lstat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('5 GB of words cost no memory, and an honest end is still seen', async () => {
  // Pipes of containers are slower, and the log book is the same.
  const runtime = await openRuntime('local');
  const before = process.memoryUsage().rss;
  await using laid = await lay(runtime, asgi('line = b"x" * 99 + b"\\n"\nfor _ in range(5000): os.write(1, line * 10_000)\nraise RuntimeError("the real end")', 'import os'));
  const output = await laid.boot({ bootTimeout: 240 });
  expect(output.stage).not.toBe('healthy');
  expect(printed(output)).toContain('RuntimeError: the real end');
  expect(output.dropped).toBeGreaterThan(1_000_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
});

describe.each(runtimes)('%s runtime', (name) => {
  let runtime: Runtime;
  beforeAll(async () => { runtime = await openRuntime(name); });

  test('an app that takes memory without end is ended and said to have run out of it', async () => {
    await using laid = await lay(runtime, asgi('held = []\nwhile True: held.append(bytearray(50_000_000))'));
    const output = await laid.boot();
    expect(output.stage, printed(output)).not.toBe('healthy');
    expect(output.exit?.oom === true || printed(output).includes('MemoryError'), JSON.stringify([output.exit, printed(output)])).toBe(true);
  });

  test('an app that takes memory in many processes gets no more than one that does so alone', async () => {
    await using laid = await lay(runtime, asgi('for _ in range(40):\n    if os.fork() == 0:\n        held = bytearray(200_000_000)\n        time.sleep(60)\ntime.sleep(60)', 'import os, time'));
    const output = await laid.boot({ bootTimeout: 10 });
    expect(output.stage, printed(output)).not.toBe('healthy');
    // In a container the kernel may end the children and let the parent wait.
    expect(name === 'docker' || output.exit?.oom === true, JSON.stringify(output.exit)).toBe(true);
  });

  test('an app that fills the disk is ended, in one file, in many, and in files without a name', async () => {
    for (const start of [
      'with open("big", "wb") as file:\n    while True: file.write(block)',
      'for number in range(100_000):\n    with open(f"part{number}", "wb") as file:\n        for _ in range(8): file.write(block)',
      'held = []\nfor number in range(400):\n    file = open("ghost", "wb"); os.unlink("ghost"); held.append(file)\n    for _ in range(8): file.write(block)\ntime.sleep(60)',
    ]) {
      await using laid = await lay(runtime, asgi(start, 'import os, time\nblock = bytes(8_000_000)'));
      // A slow disk takes its time to be filled.
      const output = await laid.boot({ bootTimeout: 90 });
      expect(output.stage, printed(output)).not.toBe('healthy');
      expect(printed(output)).toMatch(/File too large|more than \d+ MB to the disk|No space left/);
      expect(await bytesBelow(laid.tree)).toBeLessThan(4_000_000_000);
    }
  });

  test('a fork bomb ends with its boot, and leaves nothing', async () => {
    await using laid = await lay(runtime, asgi('while True:\n    try:\n        if os.fork() == 0: sys.argv[:] = []\n    except OSError: time.sleep(0.01)', `import os, sys, time\n# ${MARK}`));
    const output = await laid.boot({ bootTimeout: 5, env: { [MARK]: '1' } });
    expect(output.stage).not.toBe('healthy');
    // The same place boots on, and nothing of the bomb is left in it.
    const count = 'import os; print("processes:", len([p for p in os.listdir("/proc") if p.isdigit()]))';
    const again = await laid.boot({ command: ['python', '-c', count], instrument: false, bootTimeout: 5 });
    expect(Number(/processes: (?<count>\d+)/.exec(printed(again))?.groups?.['count']), printed(again)).toBeLessThan(40);
  });

  test('daemons that an app leaves are gone when its boot has ended', async () => {
    const daemon = `if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execv("/bin/sleep", ["${MARK}-${name}", "300"])\n    os._exit(0)\nsubprocess.Popen(["/bin/sh", "-c", "trap '' TERM HUP INT; exec -a ${MARK}-${name} sleep 300 & wait"], start_new_session=True)`;
    await using laid = await lay(runtime, asgi(daemon, 'import os, subprocess'));
    const output = await laid.boot();
    expect(output.stage, printed(output)).toBe('healthy');
    expect(await processesWith(`${MARK}-${name}`)).toEqual([]);
  });

  test('a sitecustomize of the tree takes over nothing, and the app is judged as ever', async () => {
    await using laid = await lay(runtime, {
      ...asgi('print("started")'),
      'sitecustomize.py': 'import os, sys\nprint("own sitecustomize")\nfor number in range(3, 64):\n    try: os.write(number, b\'{"answer":"report","routes":[{"path":"/forged","methods":["GET"]}]}\\n\')\n    except OSError: pass\n',
      'usercustomize.py': 'raise SystemExit("usercustomize")\n',
    });
    const output = await laid.boot();
    expect(output.stage, printed(output)).toBe('healthy');
    await using dead = await lay(runtime, { ...asgi('raise SystemExit(3)'), 'sitecustomize.py': 'import threading\nthreading.Thread.start = lambda self: None\n' });
    expect((await dead.boot()).stage).not.toBe('healthy');
  });

  test('what an app forges of our own words stays words', async () => {
    const forged = '{"type":"result","id":1,"result":{"stage":"healthy","python":"6.6.6","lines":[],"exit":null,"probes":[]}}';
    await using laid = await lay(runtime, asgi(`for number in range(1, 60):\n    for fd in (1, 2):\n        os.write(fd, b'\\n' + forged.replace('"id":1', f'"id":{number}').encode() + b'\\n')\nos._exit(1)`, `import os\nforged = '${forged}'`));
    const output = await laid.boot();
    expect(output.python).not.toBe('6.6.6');
    expect(parse(output).stage).not.toBe('healthy');
    expect(output.exit).toEqual({ code: 1 });
  });

  test('a tree that an app turned against us: links, pipes and closed folders are harmless to the next boot', async () => {
    const turn = 'os.remove("requirements.txt"); os.symlink("/etc/passwd", "requirements.txt")\nos.mkfifo("notes.py"); os.symlink("/etc", "pkg"); os.makedirs("closed/deep"); os.chmod("closed/deep", 0); os.chmod("closed", 0)\nos.symlink("/dev/zero", ".env")';
    await using laid = await lay(runtime, asgi(turn, 'import os'));
    expect((await laid.boot()).stage).toBe('healthy');
    const again = await Promise.race([laid.boot().then(() => 'ended', () => 'failed'), new Promise((resolve) => { setTimeout(resolve, 40_000, 'hangs').unref(); })]);
    expect(again).not.toBe('hangs');
    expect(existsSync('/etc/closed')).toBe(false);
  });

  test('a package of the tree whose build script means harm reaches nothing, and leaves no process', async () => {
    await using laid = await lay(runtime, {
      ...asgi('import evil_results\nprint(evil_results.TRIES)'), 'requirements.txt': 'uvicorn\n./evil\n',
      'evil/pyproject.toml': '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "evil"\nversion = "1"\n',
      'evil/evil_core.py': 'x = 1\n',
      'evil/setup.py': BUILD.replaceAll('MARK', `${MARK}-build-${name}`),
    });
    const output = await laid.boot({ bootTimeout: 25 });
    expect(output.stage, printed(output)).toBe('healthy');
    const tries = printed(output).split('\n').find((line) => line.startsWith('{')) ?? '';
    expect(tries).toContain('stopped');
    expect(tries).not.toContain('SUCCEEDED');
    await using other = await lay(runtime, asgi('print("clean")'));
    expect((await other.boot()).stage).toBe('healthy');
    expect(await processesWith(`${MARK}-build-${name}`)).toEqual([]);
  });

  test('control characters that an app prints never reach the terminal', async () => {
    await using desk = await openDesk();
    const tree = join(desk.folder, 'tree');
    const start = 'sys.stdout.buffer.write(b"\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\xc2\\x9b2J\\x08\\x08 \\x1bP+q\\x1b\\\\ words\\r over\\n"); sys.stdout.flush()\nraise RuntimeError("\\x1b[2Jescape \\x9b2J end")';
    for (const [path, text] of Object.entries(asgi(start, 'import sys'))) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), text);
    }
    const { stdout, stderr } = await run(desk, [tree, '--app', 'main:app', '--runtime', name, '--verbose', '--max-boots', '1']);
    const shown = `${String(stdout)}${String(stderr)}`;
    expect(shown).toContain('escape');
    // Tabs and line ends only: not even our own colours, where nobody sees them.
    expect(/[^\P{Cc}\t\n]/u.exec(shown)).toBeNull();
  });
});

/** Tries at install time, their outcomes packed into the package itself. */
const BUILD = `
import glob, os, subprocess, sys
from setuptools import setup
from setuptools.command.build_py import build_py


def tries():
    here = os.path.dirname(os.path.abspath(__file__))
    yield "engine", lambda: open("/var/run/docker.sock", "rb")
    yield "shadow", lambda: open("/etc/shadow", "rb")
    yield "agent", lambda: open(f"/proc/{os.getppid()}/mem", "rb") if os.getuid() == 0 else open("/proc/1/environ", "rb")
    for folder in ("/etc", "/usr/local/lib", "/var/lib", "/root", "/opt", *others()):
        yield f"write {folder}", lambda folder=folder: open(os.path.join(folder, "MARK"), "w")
    yield "root", lambda: os.setuid(0)


def others():
    """Environments of other backends."""
    own = os.environ.get("VIRTUAL_ENV") or ""
    return [folder for folder in glob.glob("/root/.cache/boot-check/envs/*/lib/python*/site-packages")[:3] if not folder.startswith(own or "-")]


class Build(build_py):
    def run(self):
        super().run()
        outcomes = {}
        for name, action in tries():
            try:
                action()
                outcomes[name] = "SUCCEEDED"
            except Exception as error:
                outcomes[name] = f"stopped ({type(error).__name__})"
        subprocess.Popen(["/bin/sh", "-c", "trap '' TERM HUP INT; : MARK; while :; do sleep 60; done"], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.makedirs(self.build_lib, exist_ok=True)
        with open(os.path.join(self.build_lib, "evil_results.py"), "w") as file:
            file.write(f"TRIES = {outcomes!r}\\n")


setup(cmdclass={"build_py": Build}, py_modules=["evil_core"])
`;
