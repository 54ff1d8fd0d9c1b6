// Random task graphs in the notation of the kernel's tests. Ways lead to later tasks, or back where a counter permits it.
import type { ItemsDefinition, RetryDefinition, TaskAction, UndoDefinition, ValueSource } from "../../../src/model/definition.js";
import { PLACE, cel } from "../../unit/kernel/chart.js";
import { type GraphSource, type ScopeSource, type TaskSource, call, literal, value } from "../../unit/task-graph/graph.js";
import type { Random } from "../statecharts/random.js";

/** What a run is given. */
export const INPUT = { numbers: [1, 2, 3], texts: ["a", "b", "c"], pair: [4, 5], none: [], five: 5 } as const;
export const EVENTS = ["go", "on"] as const;

const GUARDS = [
  "succeeded && result == 1",
  "succeeded && result != 1",
  "vars.x < 2",
  "vars.x == vars.y",
  "failed && error.code == 'work/failed'",
  "attempt < 2",
  "completed",
  "vars.y > 0 || succeeded",
];
/** Numbers of JSON all of them: a whole number of CEL is another value where branches meet. */
const VALUES = ["vars.x + 1", "vars.y + 1", "vars.x", "vars.y", "vars.n + 1", "vars.n + 2", "attempt + vars.n", "succeeded ? vars.x : vars.y", "'text'"];
const INPUTS = ["null", "vars.x", "vars.x + vars.y", "input.five", "workflow.name"];
const BROKEN = "input.five.more";

export function generateGraph(random: Random): GraphSource {
  const count = 3 + random.below(5);
  const names = Array.from({ length: count }, (_, index) => `t${index}`);
  const hasFailures = random.chance(0.3);
  const scopes = random.chance(0.4) ? makeScopes(random, names, hasFailures) : {};
  const scopeNames = Object.keys(scopes);
  const hasUndo = random.chance(0.4);
  const give = (entry: string) => addUndo(random, addCancel(random, entry, scopeNames), hasUndo ? [...scopeNames, "all"] : []);
  const nexts = names.map((_, index) => makeNext(random, index, names, hasFailures).map(give));
  const undone = Object.fromEntries(Object.entries(scopes).map(([name, scope]) => [name, { ...scope, catch: (scope.catch ?? []).map((entry) => addUndo(random, entry, hasUndo ? ["s0", "all"] : [])) }]));
  const caught = Object.values(scopes).map((scope) => scope.catch ?? []);
  const tasks = names.map((name, index): [string, TaskSource] => {
    const isTarget = [...nexts, ...caught].flat().some((entry) => new RegExp(`-> (t\\d )*${name}\\b`).test(entry));
    const task = makeTask(random, name, nexts[index] as string[], isTarget, hasFailures);
    return [name, hasUndo && random.chance(0.6) ? { ...task, undo: makeUndo(random, name, hasFailures) } : task];
  });
  return {
    vars: { x: 0, y: 0, n: 0 },
    tasks: Object.fromEntries(tasks),
    scopes: undone,
    onFailure: random.chance(0.3) ? "finish" : "abort",
    ...(random.chance(0.7) && { output: makeOutput(random, names, hasFailures) }),
  };
}

function makeOutput(random: Random, names: readonly string[], hasFailures: boolean): ValueSource {
  if (hasFailures && random.chance(0.1)) return cel(BROKEN);
  const seen = random.chance(0.3) ? [cel(`tasks.${random.pick(names)}.${random.pick(["result", "status"])}`)] : [];
  return { kind: "list", elements: [cel("vars.x"), cel("vars.y"), ...seen], place: PLACE };
}

function makeNext(random: Random, index: number, names: readonly string[], hasFailures: boolean): string[] {
  const later = names.slice(index + 1);
  const entries = Array.from({ length: random.below(4) }, () => {
    const when = random.pick(["", "", "", "failed", "completed", `if ${hasFailures && random.chance(0.1) ? `${BROKEN} == 1` : random.pick(GUARDS)}`]);
    const published = random.chance(0.4) ? makePublish(random, hasFailures) : "";
    const targets = random.chance(0.1) ? [] : pickSome(random, later, 1 + random.below(3));
    if (random.chance(0.06)) return join(random.pick(["failed", "if attempt < 3", "if succeeded && result == 2"]), published, ["retry"]);
    return join(when, published, targets);
  });
  if (index > 0 && random.chance(0.15)) {
    const back = names[1 + random.below(index)] as string;
    entries.push(`if vars.n < 2 publish n = vars.n + 1 -> ${back}`);
  }
  return entries.filter((entry) => entry !== "");
}

/** One or two scopes, side by side or one within the other. */
function makeScopes(random: Random, names: readonly string[], hasFailures: boolean): Record<string, ScopeSource> {
  const inner = names.filter(() => random.chance(0.4));
  const others = names.filter((name) => !inner.includes(name) && random.chance(0.6));
  const isNested = random.chance(0.6);
  const isAlone = random.chance(0.3);
  const held = isNested && !isAlone ? [...others, ...inner] : others;
  const outer = { s0: { tasks: others, catch: makeCatch(random, names, held, hasFailures, 1 + random.below(2)), ...makeLimit(random, hasFailures) } };
  return isAlone ? outer : { ...outer, s1: { tasks: inner, catch: makeCatch(random, names, inner, hasFailures, random.below(2)), ...makeLimit(random, hasFailures), ...(isNested && { in: "s0" }) } };
}

function makeLimit(random: Random, hasFailures: boolean): Pick<ScopeSource, "timeout"> {
  if (random.chance(0.6)) return {};
  return { timeout: hasFailures && random.chance(0.1) ? cel(BROKEN) : random.chance(0.3) ? cel("30 + vars.x") : literal(10 + random.below(60)) };
}

function makeUndo(random: Random, name: string, hasFailures: boolean): UndoDefinition {
  const text = hasFailures && random.chance(0.1) ? BROKEN : random.pick(["result", "vars.x", "vars.y", "workflow.name"]);
  return {
    action: random.chance(0.15) ? value(text) : call(`undo_${name}`, text),
    ...(random.chance(0.2) && { retry: makeRetry(random, false) }),
    ...(random.chance(0.2) && { timeout: literal(20 + random.below(40)) }),
  };
}

/**
 * The first task is where a run begins: what does not hold it does not lead to it. Without a counter a way leads to tasks behind all that the
 * scope holds, since one that leads back to a task that fails would be followed for ever.
 */
function makeCatch(random: Random, all: readonly string[], own: readonly string[], hasFailures: boolean, count: number): string[] {
  const names = [...own, ...all.slice(1)];
  const behind = all.slice(1 + Math.max(0, ...own.map((name) => all.indexOf(name))));
  return Array.from({ length: count }, () => {
    const published = random.chance(0.4) ? makePublish(random, hasFailures) : "";
    const target = random.pick(names);
    const guard = random.pick(["if error.code == 'work/failed'", "if vars.x < 2", `if ${hasFailures && random.chance(0.2) ? `${BROKEN} == 1` : "attempt < 2"}`, ""]);
    const last = behind[behind.length - 1];
    if (last === undefined || random.chance(0.3)) return `if vars.n < 3 publish n = vars.n + 1 -> ${target}`;
    return join(guard, published, [random.chance(0.8) ? last : random.pick(behind)]);
  });
}

function addCancel(random: Random, entry: string, scopes: readonly string[]): string {
  if (scopes.length === 0 || entry.includes("retry") || random.chance(0.85)) return entry;
  const [head, targets] = entry.split(/ ?(?=-> )/);
  return [entry.startsWith("-> ") ? "" : head, `cancel ${random.pick(scopes)}`, entry.startsWith("-> ") ? entry : targets].filter((part) => part !== undefined && part !== "").join(" ");
}

/** What is undone stands between what is given up and where it leads. */
function addUndo(random: Random, entry: string, scopes: readonly string[]): string {
  if (scopes.length === 0 || entry.includes("retry") || random.chance(0.7)) return entry;
  const [head, targets] = entry.startsWith("-> ") ? ["", entry] : entry.split(/ ?(?=-> )/);
  return [head, `undo ${random.pick(scopes)}`, targets].filter((part) => part !== undefined && part !== "").join(" ");
}

function join(when: string, published: string, targets: readonly string[]): string {
  if (published === "" && targets.length === 0) return "";
  return [when, published, targets.length > 0 ? `-> ${targets.join(" ")}` : ""].filter((part) => part !== "").join(" ");
}

function makePublish(random: Random, hasFailures: boolean): string {
  const one = () => `${random.pick(["x", "y"])} = ${hasFailures && random.chance(0.05) ? BROKEN : random.pick(VALUES)}`;
  return `publish ${random.chance(0.2) ? `${one()}; ${one()}` : one()}`;
}

function pickSome<T>(random: Random, list: readonly T[], count: number): T[] {
  return list.filter(() => random.chance(count / Math.max(list.length, 1)));
}

function makeTask(random: Random, name: string, next: readonly string[], isTarget: boolean, hasFailures: boolean): TaskSource {
  const isBroken = () => hasFailures && random.chance(0.05);
  const hasItems = random.chance(0.2);
  return {
    action: hasItems ? makeItemAction(random, name, isBroken()) : makeAction(random, name, isBroken()),
    next,
    ...(hasItems && { items: makeItems(random, isBroken()) }),
    ...(isTarget && random.chance(0.6) && { join: random.chance(0.6) ? "all" : 1 + random.below(2) }),
    ...(random.chance(0.3) && { merge: "last" }),
    ...(random.chance(0.2) && { retry: makeRetry(random, isBroken()) }),
    ...(random.chance(0.1) && { delay: isBroken() ? cel(BROKEN) : literal(10 + random.below(3)) }),
    ...(random.chance(0.15) && { timeout: isBroken() ? cel(BROKEN) : literal(20 + random.below(40)) }),
    ...(random.chance(0.15) && { if: isBroken() ? `${BROKEN} == 1` : random.pick(["vars.x == 0", "vars.y > 0", "false", "true"]) }),
  };
}

function makeAction(random: Random, name: string, isBroken: boolean): TaskAction {
  const text = isBroken ? BROKEN : random.pick(INPUTS);
  switch (random.below(12)) {
    case 0:
      return { kind: "await", event: random.pick(EVENTS), place: PLACE };
    case 1:
      return { kind: "wait", duration: isBroken ? cel(BROKEN) : literal(5 + random.below(30)), place: PLACE };
    case 2:
    case 3:
      return value(text);
    case 4:
      return random.chance(0.3) ? { kind: "fail", message: literal("enough"), place: PLACE } : call(name, text);
    default:
      return call(name, text);
  }
}

function makeItemAction(random: Random, name: string, isBroken: boolean): TaskAction {
  const text = isBroken ? "index == 1 ? item.more : index" : random.pick(["item", "index", "index + vars.x"]);
  return random.chance(0.25) ? value(text) : call(name, text);
}

function makeItems(random: Random, isBroken: boolean): ItemsDefinition {
  const list = () => cel(random.pick(["input.numbers", "input.texts", "input.numbers", "input.pair"]));
  const isSeveral = random.chance(0.4);
  const lists = isBroken
    ? [{ value: cel("input.five") }]
    : isSeveral
      ? [{ name: "a", value: list() }, { name: "b", value: list() }]
      : [{ value: random.chance(0.15) ? cel("input.none") : list() }];
  return {
    lists,
    combination: random.pick(["zip", "cross"]),
    onFailure: random.pick(["abort", "finish", "continue"]),
    ...(random.chance(0.5) && { concurrency: literal(isBroken ? random.below(2) : 1 + random.below(3)) }),
    ...(random.chance(0.25) && { batchSize: literal(1 + random.below(3)) }),
  };
}

function makeRetry(random: Random, isBroken: boolean): RetryDefinition {
  const when = isBroken ? `${BROKEN} == 1` : random.pick(["failed", "failed && error.code == 'work/failed'", "succeeded && result == 2", "attempt < 2"]);
  return {
    count: literal(1 + random.below(3)),
    backoff: random.pick(["constant", "linear", "exponential"]),
    jitter: 0,
    ...(random.chance(0.6) && { delay: literal(10) }),
    ...(random.chance(0.3) && { delayMax: literal(15) }),
    ...(random.chance(0.4) && { when: { text: when, place: { ...PLACE, end: when.length } } }),
  };
}
