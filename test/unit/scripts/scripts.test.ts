// What set-up, the static server and the test runner promise.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBrowser } from "../../../scripts/browser.mjs";
import { runCommand } from "../../../scripts/run-command.mjs";
import { serveFolders, strictPolicy } from "../../../scripts/static-server.mjs";
import { countPlaywright, countVitest, describeCounts, listPlaywrightFailures, listVitestFailures } from "../../../scripts/test-reports.mjs";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-scripts-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("runCommand", () => {
  const run = (program: string, options: Partial<Parameters<typeof runCommand>[2]> = {}) =>
    runCommand(process.execPath, ["-e", program], { timeoutMs: 20_000, isQuiet: true, ...options });

  it("keeps the output of a quiet command", async () => {
    expect(await run("console.log('a'); console.error('b')")).toEqual({ code: 0, output: "a\nb\n" });
  });
  it("fails with the code and the output", async () => {
    await expect(run("console.log('why'); process.exit(3)")).rejects.toThrow(/ended with 3\nwhy/);
    expect((await run("process.exit(3)", { mayFail: true })).code).toBe(3);
  });
  it("ends a command, and what it started, at the limit", async () => {
    const program = "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'inherit' }); setInterval(() => {}, 1e3)";
    await expect(run(program, { timeoutMs: 500 })).rejects.toThrow(/not finished after 0.5 s/);
  });
  it("says which command does not exist", async () => {
    await expect(runCommand("no-such-command", [], { timeoutMs: 1_000, isQuiet: true })).rejects.toThrow("no-such-command");
  });
});

describe("probeBrowser", () => {
  const writeScript = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!${process.execPath}\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  it.skipIf(process.platform === "win32")("takes a program that says it listens", async () => {
    expect(await probeBrowser({ executablePath: writeScript("good", "console.error('DevTools listening on ws://x'); setInterval(() => {}, 1e3);") })).toBeUndefined();
  });
  it.skipIf(process.platform === "win32")("says why not", async () => {
    expect(await probeBrowser({ executablePath: join(folder, "missing") })).toMatch(/cannot be executed/);
    expect(await probeBrowser({ executablePath: writeScript("bad", "console.error('error: no libraries'); process.exitCode = 127;") })).toBe("ended with 127: error: no libraries");
    expect(await probeBrowser({ executablePath: writeScript("mute", "setInterval(() => {}, 1e3);") }, 300)).toBe("did not listen within 0.3 s");
  });
});

describe("serveFolders", () => {
  const open = async (options: Partial<Parameters<typeof serveFolders>[0]> = {}) => {
    const site = join(folder, "site");
    mkdirSync(join(site, "deep"), { recursive: true });
    writeFileSync(join(site, "index.html"), "<html><head></head></html>");
    writeFileSync(join(site, "deep", "kernel.wasm"), "");
    writeFileSync(join(folder, "secret.txt"), "secret");
    return serveFolders({ folders: { "/": site }, ...options });
  };
  /** Sends the path as it stands; `fetch` would tidy it first. */
  const askRaw = (url: string, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(url, { path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  it("sends exactly the strict policy, with every response", async () => {
    const server = await open();
    for (const path of ["", "deep/kernel.wasm", "missing"]) {
      expect((await fetch(server.url + path)).headers.get("content-security-policy")).toBe(strictPolicy);
    }
    expect(strictPolicy).toBe("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'");
    expect((await fetch(`${server.url}deep/kernel.wasm`)).headers.get("content-type")).toBe("application/wasm");
    await server.close();
  });
  it("gives each page a nonce of its own", async () => {
    const server = await open({ hasStyleNonce: true });
    const read = async () => {
      const response = await fetch(server.url);
      const nonce = /nonce="([^"]+)"/.exec(await response.text())?.[1];
      expect(response.headers.get("content-security-policy")).toBe(`${strictPolicy}; style-src 'self' 'nonce-${nonce}'`);
      return nonce;
    };
    expect(await read()).not.toBe(await read());
    await server.close();
  });
  it("stays inside its folders", async () => {
    const server = await open();
    for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/deep/../../secret.txt", "/%00", "/%zz"]) {
      expect(await askRaw(server.url, path)).toBe(404);
    }
    await server.close();
  });
  it("takes the next port when one is in use", async () => {
    const first = await open();
    const port = Number(new URL(first.url).port);
    const second = await open({ port });
    expect(Number(new URL(second.url).port)).toBeGreaterThan(port);
    await Promise.all([first.close(), second.close()]);
  });
});

describe("the counts of a test run", () => {
  it("of vitest hold files that could not be loaded", () => {
    const testResults = [
      { status: "failed", assertionResults: [] },
      { status: "failed", assertionResults: [{}] },
    ];
    const counts = countVitest({ testResults, numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 });
    expect(describeCounts(counts)).toBe("5 passed, 2 failed, 3 skipped");
  });
  it("of Playwright hold flaky tests and errors outside tests as failures", () => {
    const counts = countPlaywright({ stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }, errors: [{}] });
    expect(describeCounts(counts)).toBe("4 passed, 3 failed, 2 skipped");
  });
  it("of Vitest tell which tests failed and why", () => {
    const testResults = [
      { name: "a.test.ts", status: "failed", message: "", assertionResults: [{ status: "passed", fullName: "fine", failureMessages: [] }, { status: "failed", fullName: "sums 1 and 1", failureMessages: ["\u001b[31mexpected 3\u001b[39m\n\nto be 2"] }] },
      { name: "b.test.ts", status: "failed", message: "cannot be loaded", assertionResults: [] },
      { name: "c.test.ts", status: "passed", message: "", assertionResults: [{ status: "passed", fullName: "fine", failureMessages: [] }] },
    ];
    expect(listVitestFailures({ testResults })).toEqual(["a.test.ts > sums 1 and 1\n    expected 3\n    to be 2", "b.test.ts\n    cannot be loaded"]);
  });
  it("of Playwright tell which tests failed and why", () => {
    const result = (status: string, ...messages: readonly string[]) => ({ status, errors: messages.map((message) => ({ message })) });
    const report = {
      errors: [{ message: "no browser" }],
      suites: [
        {
          title: "page.spec.ts",
          specs: [
            { title: "opens", ok: true, tests: [{ status: "expected", results: [result("passed")] }] },
            { title: "is not here", ok: true, tests: [{ status: "skipped", results: [result("skipped")] }] },
            { title: "came up late", ok: true, tests: [{ status: "flaky", results: [result("timedOut", "30 s"), result("passed")] }] },
          ],
          suites: [{ title: "on a phone", specs: [{ title: "opens", ok: false, tests: [{ status: "unexpected", results: [result("failed", "too wide")] }] }] }],
        },
      ],
    };
    expect(listPlaywrightFailures(report)).toEqual(["outside tests\n    no browser", "page.spec.ts > on a phone > opens\n    failed\n    too wide", "page.spec.ts > came up late\n    timedOut\n    30 s"]);
  });
});
