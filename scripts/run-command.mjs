// Runs one child process with a time limit and ends its whole group when the limit is reached. Dependency-free.
import { spawn } from "node:child_process";

const tailSizeMax = 16_384;

/**
 * Runs a command to its end.
 * @param options.timeoutMs limit, ms; the process and its children are killed when it is reached
 * @param options.isQuiet keep the output back; it is in the error when the command fails
 * @returns `{code, output}`; output only when quiet
 * @throws when the command cannot start, times out, or ends with another code than 0 (unless `mayFail`)
 */
export function runCommand(command, args, { timeoutMs, isQuiet = false, mayFail = false, env = process.env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const isGrouped = process.platform !== "win32";
    const child = spawn(command, args, {
      stdio: isQuiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
      env,
      cwd,
      detached: isGrouped,
      shell: process.platform === "win32" && !command.endsWith(".exe"),
    });
    let output = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-tailSizeMax);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    let isTimedOut = false;
    const endGroup = (signal) => {
      try {
        if (isGrouped && child.pid !== undefined) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch {
        child.kill(signal);
      }
    };
    const timer = setTimeout(() => {
      isTimedOut = true;
      endGroup("SIGKILL");
    }, timeoutMs);
    // A detached child does not get the terminal's interrupt: pass it on, then leave.
    const interrupt = () => {
      endGroup("SIGTERM");
      process.exit(130);
    };
    process.once("SIGINT", interrupt);
    process.once("SIGTERM", interrupt);
    const settle = () => {
      clearTimeout(timer);
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    };
    child.once("error", (error) => {
      settle();
      reject(new Error(`${command}: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      settle();
      const name = [command, ...args].join(" ").slice(0, 120);
      if (isTimedOut) reject(new Error(`${name}: not finished after ${timeoutMs / 1000} s`));
      else if (code !== 0 && !mayFail) reject(new Error(`${name}: ended with ${signal ?? code}\n${output.trim()}`));
      else resolve({ code: code ?? 1, output });
    });
  });
}
