// Types of run-command.mjs, for tests.
export interface RunCommandOptions {
  readonly timeoutMs: number;
  readonly isQuiet?: boolean;
  readonly mayFail?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}
export function runCommand(command: string, args: readonly string[], options: RunCommandOptions): Promise<{ code: number; output: string }>;
