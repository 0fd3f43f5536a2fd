// A program in Pyodide: node run.mjs PYODIDE PROJECT PROGRAM ARGUMENTS...
// PYODIDE/node_modules/pyodide is Python, PYODIDE/packages what it can import besides.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";

async function main() {
  const [home, project, program, ...args] = process.argv.slice(2);
  const index = pathToFileURL(`${home}/node_modules/pyodide/pyodide.mjs`);
  const { loadPyodide } = await import(index);
  const python = await loadPyodide({
    args: [program, ...args],
    stdout: console.log,
    stderr: console.error,
    env: {
      HOME: "/home/pyodide",
      HYPOTHESIS_STORAGE_DIRECTORY: "/tmp/hypothesis",
      PYTHONDONTWRITEBYTECODE: "1",
    },
  });
  python.mountNodeFS("/project", project);
  python.mountNodeFS("/packages", `${home}/packages`);
  python.FS.chdir("/project");
  python.runPython("import sys; sys.path[:0] = ['/project', '/packages']");
  try {
    python.runPython(readFileSync(program, "utf8"), { filename: program });
  } catch (error) {
    console.error(error.message); // the traceback; thrown on, Node would add its own
    process.exitCode = 1;
  }
}

if (isMainThread) {
  // Here Python frees a chain of nodes recursively: a main thread's megabyte of stack
  // holds about 2,000 of them (or some 5,000 tuples, each in the next), a test many more.
  const options = { argv: process.argv.slice(2), resourceLimits: { stackSizeMb: 900 } };
  const worker = new Worker(new URL(import.meta.url), options);
  worker.on("exit", (code) => (process.exitCode = code));
} else {
  await main();
}
