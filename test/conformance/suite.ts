// What a conformance suite is, and how its results are judged against the list of expected failures. To add a suite:
// write `<name>-suite.ts`, add it to suites.ts, and list what it cannot pass yet in expected/<name>.json.

/** One case's result, before expected failures are considered. */
export interface CaseResult {
  /** Stable and unique within the suite: the expected-failure list names it. */
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it failed: what was expected and what came. */
  readonly detail?: string | undefined;
}

export interface Suite {
  readonly name: string;
  /** The suite's own files, relative to the folder that MILLRACE_CONFORMANCE names. */
  readonly files: readonly string[];
  /** Runs the cases of one parsed JSON file; what they refer to lies in `folder`. */
  run(cases: unknown, file: string, folder?: string): Iterable<CaseResult> | AsyncIterable<CaseResult> | Promise<Iterable<CaseResult>>;
}

/** expected/<suite>.json. Every failure needs a reason; a pattern ends with `*` and stands for every name that begins so. */
export interface ExpectedFailures {
  readonly groups?: readonly { readonly match: string; readonly reason: string }[];
  readonly cases?: Readonly<Record<string, string>>;
}

export interface JudgedResult extends CaseResult {
  /** Why the list expects this failure. */
  readonly expectedReason?: string;
  /** A failure that is not listed, or a listed one that passes. */
  readonly isUnexpected: boolean;
}

/** Marks each result as expected or not. */
export function judgeResults(results: readonly CaseResult[], expected: ExpectedFailures): JudgedResult[] {
  return results.map((result) => {
    const reason = findReason(result.name, expected);
    if (reason === undefined) return { ...result, isUnexpected: result.status === "failed" };
    return { ...result, expectedReason: reason, isUnexpected: result.status === "passed" };
  });
}

/** Listed cases that do not exist (any more): names and patterns. Only meaningful when the suite's own files ran. */
export function findStaleEntries(results: readonly CaseResult[], expected: ExpectedFailures): string[] {
  const names = new Set(results.map(({ name }) => name));
  const staleCases = Object.keys(expected.cases ?? {}).filter((name) => !names.has(name));
  const staleGroups = (expected.groups ?? []).map(({ match }) => match).filter((match) => ![...names].some((name) => isMatch(name, match)));
  return [...staleCases, ...staleGroups];
}

function findReason(name: string, { groups = [], cases = {} }: ExpectedFailures): string | undefined {
  if (Object.hasOwn(cases, name)) return cases[name];
  return groups.find(({ match }) => isMatch(name, match))?.reason;
}

function isMatch(name: string, match: string): boolean {
  return match.endsWith("*") ? name.startsWith(match.slice(0, -1)) : name === match;
}

/** Gives repeated names a number, so that each is unique: `a`, `a #2`. */
export function nameUniquely(results: Iterable<CaseResult>): CaseResult[] {
  const counts = new Map<string, number>();
  return [...results].map((result) => {
    const count = (counts.get(result.name) ?? 0) + 1;
    counts.set(result.name, count);
    return count === 1 ? result : { ...result, name: `${result.name} #${count}` };
  });
}
