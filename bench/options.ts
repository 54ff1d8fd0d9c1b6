// The command line of `npm run bench`. Knows nothing of browsers or scenarios beyond the ids it is given.

export interface BenchOptions {
  /** Fewer and shorter samples: figures to look at, not to quote. */
  readonly isQuick: boolean;
  /** Scenario ids to run, in catalogue order; empty: all. */
  readonly only: readonly string[];
  /** Where to save the results. */
  readonly json: string | undefined;
  /** Folder for one CPU profile per subject of ours. */
  readonly profile: string | undefined;
  readonly isHelp: boolean;
}

/** How long and how often to sample. */
export interface SamplingPlan {
  readonly sampleTimeMsMin: number;
  readonly roundCount: number;
  /** Work done before the first round. */
  readonly warmUpTimeMs: number;
}

export const SAMPLING_FULL: SamplingPlan = { sampleTimeMsMin: 20, roundCount: 15, warmUpTimeMs: 300 };
export const SAMPLING_QUICK: SamplingPlan = { sampleTimeMsMin: 5, roundCount: 5, warmUpTimeMs: 100 };

export const USAGE = `npm run bench -- [--quick] [--only ID,ID] [--expression] [--json FILE] [--profile FOLDER]
  --quick           5 rounds of 5 ms instead of 15 of 20 ms
  --only ID,ID      only these scenarios; "compile-*" means all that begin so
  --expression      only those that evaluate every expression in every way, as --only "way-*"
  --json FILE       save the results
  --profile FOLDER  instead of measuring, record a CPU profile of each subject of ours (opens in DevTools)`;

/** A command line that cannot be followed; its message is for the person who typed it. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/** Reads the arguments after the program's name. Throws `OptionsError` on an unknown option, id or a missing value. */
export function parseOptions(args: readonly string[], knownIds: readonly string[]): BenchOptions {
  let isQuick = false;
  let isHelp = false;
  let only: readonly string[] = [];
  let json: string | undefined;
  let profile: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const [name, joined] = splitArgument(args[index] ?? "");
    const takeValue = (): string => {
      if (joined === undefined) index += 1;
      const value = joined ?? args[index];
      if (value === undefined || value === "" || value.startsWith("--")) throw new OptionsError(`${name} needs a value`);
      return value;
    };
    if (name === "--quick") isQuick = true;
    else if (name === "--help") isHelp = true;
    else if (name === "--expression") only = parseIds("way-*", knownIds);
    else if (name === "--only") only = parseIds(takeValue(), knownIds);
    else if (name === "--json") json = takeValue();
    else if (name === "--profile") profile = takeValue();
    else throw new OptionsError(`Unknown option "${name}"`);
  }
  return { isQuick, isHelp, only, json, profile };
}

function splitArgument(argument: string): [string, string | undefined] {
  const at = argument.startsWith("--") ? argument.indexOf("=") : -1;
  return at === -1 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

function parseIds(list: string, knownIds: readonly string[]): readonly string[] {
  const asked = list.split(",").filter((id) => id !== "");
  const matches = (pattern: string, id: string): boolean => (pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern);
  for (const pattern of asked) {
    if (!knownIds.some((id) => matches(pattern, id))) throw new OptionsError(`Unknown scenario "${pattern}"; there are: ${knownIds.join(", ")}`);
  }
  return knownIds.filter((id) => asked.some((pattern) => matches(pattern, id)));
}
