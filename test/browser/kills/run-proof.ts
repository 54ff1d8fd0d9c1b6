// The command `npm run prove-kills -- [--count 200] [--seed N] [--tabs 1-4] [--kinds crash,freeze] [--browser firefox]`, or `--plain [--fresh-log]`: kills real
// tabs and browsers in the middle of runs. A line for each kill, and one for each thing that was wrong.
import { parseArgs } from "node:util";
import { CHROMIUM, findFirefox } from "./browsers.js";
import { provePlain } from "./plain-proof.js";
import { KILL_KINDS, type KillKind } from "./plan.js";
import { describeKill, describeTakeovers, Proof, type ProofOptions } from "./proof.js";
import type { KillReport } from "./trial.js";

/** What Playwright can do to a Firefox. */
export const FIREFOX_KINDS: readonly KillKind[] = ["browser", "close"];

/** Runs the command. Returns its exit code. */
export async function proveKills(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      count: { type: "string", default: "200" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      tabs: { type: "string", default: "1-4" },
      kinds: { type: "string" },
      browser: { type: "string", default: "chromium" },
      plain: { type: "boolean", default: false },
      "fresh-log": { type: "boolean", default: false },
    },
  });
  if (values.plain) {
    await provePlain({ count: Number(values.count), seed: Number(values.seed), isLogFresh: values["fresh-log"] });
    return 0;
  }
  const browser = values.browser === "firefox" ? findFirefox() : CHROMIUM;
  if (browser === undefined) {
    console.log("notice: this machine has no Firefox: nothing was killed");
    return 0;
  }
  const options: ProofOptions = { seed: Number(values.seed), ...readTabs(values.tabs), kinds: readKinds(values), browser };
  const extras = argv.filter((_, index) => !["--count", "--seed"].some((name) => argv[index] === name || argv[index - 1] === name)).join(" ");
  const started = Date.now();
  const kills: KillReport[] = [];
  let failureCount = 0;
  let forsakenCount = 0;
  const proof = await Proof.open(options);
  console.log(`undisturbed runs take ${proof.wholeMs.toFixed(0)} ms; seed ${options.seed}`);
  try {
    for (let index = 0; kills.length < Number(values.count); index += 1) {
      const { seed, kills: done, isForsaken, wrongs } = await proof.play(index);
      kills.push(...done);
      for (const kill of done) console.log(`${wrongs.length > 0 ? "WRONG " : isForsaken ? "void  " : "ok    "} ${describeKill(kill, seed)}`);
      if (isForsaken) console.log("       the browser took its own log for damaged, and deleted all databases of the origin (docs/durability.md)");
      if (isForsaken) forsakenCount += 1;
      for (const wrong of wrongs) console.log(`       ${wrong}`);
      if (wrongs.length === 0) continue;
      failureCount += 1;
      console.log(`       again: npm run prove-kills -- --count 1 --seed ${seed} ${extras}`.trimEnd());
    }
  } finally {
    await proof.close();
  }
  for (const line of describeTakeovers(kills)) console.log(line);
  if (forsakenCount > 0) console.log(`${forsakenCount} trials ended with the browser's deletion of all databases of the origin`);
  console.log(`${kills.length} kills in ${((Date.now() - started) / 1_000).toFixed(0)} s, ${failureCount} trials went wrong`);
  return failureCount === 0 ? 0 : 1;
}

function readTabs(text: string): Pick<ProofOptions, "tabsMin" | "tabsMax"> {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const [tabsMin, tabsMax] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (!(tabsMin >= 1 && tabsMax >= tabsMin)) throw new Error(`--tabs is ${text}; it must be like 3 or 1-4`);
  return { tabsMin, tabsMax };
}

function readKinds({ kinds, browser }: { readonly kinds?: string; readonly browser: string }): readonly KillKind[] {
  if (kinds === undefined) return browser === "firefox" ? FIREFOX_KINDS : KILL_KINDS;
  return kinds.split(",").map((name) => {
    const kind = KILL_KINDS.find((one) => one === name);
    if (kind === undefined) throw new Error(`--kinds has ${name}; there are ${KILL_KINDS.join(", ")}`);
    return kind;
  });
}
