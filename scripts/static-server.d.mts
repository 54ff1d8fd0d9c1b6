// Types of static-server.mjs, for tests.
export interface StaticServer {
  /** Ends in a slash. */
  readonly url: string;
  close(): Promise<void>;
}
export interface StaticServerOptions {
  /** URL prefix to folder. */
  readonly folders: Readonly<Record<string, string>>;
  /** Header value; `null` for none. Default `strictPolicy`. */
  readonly policy?: string | null;
  readonly hasStyleNonce?: boolean;
  /** First port to try; 0 (default) for any free one. */
  readonly port?: number;
  /** Called with each violation report of the page or the worker: a second, reporting policy is sent along. */
  readonly onViolation?: (report: string) => void;
}
export const strictPolicy: string;
export function serveFolders(options: StaticServerOptions): Promise<StaticServer>;
