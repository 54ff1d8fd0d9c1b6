// Types of browser.mjs, for tests and benchmarks.
export interface FoundBrowser {
  readonly executablePath: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}
export const browserArgs: readonly string[];
export const browserProbeMsMax: number;
export const browserInstallMsMax: number;
export function readBrowser(): FoundBrowser | undefined;
export function findBrowser(report?: (line: string) => void): Promise<FoundBrowser | undefined>;
export function probeBrowser(
  candidate: { readonly executablePath: string; readonly args?: readonly string[]; readonly libraryPath?: string },
  timeoutMs?: number,
): Promise<string | undefined>;
