// Where a run can and cannot get to: states that no way leads to, states that nothing leaves, joins that never have all they
// wait for, loops without an event. Everything here rests on the transitions that are not barred.
import type { ActionDefinition } from "../model/definition.js";
import type { Chart } from "./chart.js";
import type { AnalysisFindings } from "./finding.js";

/** Finds what is wrong with the ways through a chart; gives the states that can be reached. */
export function checkWays(chart: Chart, findings: AnalysisFindings): ReadonlySet<number> {
  const root = chart.startOf(-1);
  if (root === undefined) return new Set();
  const drawn = reachAsDrawn(chart, root);
  const deadJoins = new Set<number>();
  let reached = chart.reachFrom([root], (state) => !deadJoins.has(state));
  // A join that never fires may starve another one.
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    const branches = listBranches(chart, reached);
    for (const state of reached) {
      if (chart.state(state).kind !== "join" || deadJoins.has(state)) continue;
      if (canFire(chart, state, (source) => reached.has(source) && !deadJoins.has(source), branches)) continue;
      deadJoins.add(state);
      hasChanged = true;
    }
    if (hasChanged) reached = chart.reachFrom([root], (state) => !deadJoins.has(state));
  }
  reportJoins(chart, findings, deadJoins);
  reportUnreached(chart, findings, drawn, reached);
  for (const state of [...reached].sort((a, b) => a - b)) if (!deadJoins.has(state)) checkDeadEnd(chart, findings, state, reached);
  checkLoops(chart, findings, reached);
  return reached;
}

/** What can be reached if every transition may be taken and every join fires: the format says what is missing there. */
function reachAsDrawn(chart: Chart, root: number): ReadonlySet<number> {
  const barred = [...chart.barred];
  chart.barred.clear();
  const drawn = chart.reachFrom([root]);
  for (const index of barred) chart.barred.add(index);
  return drawn;
}

function reportUnreached(chart: Chart, findings: AnalysisFindings, drawn: ReadonlySet<number>, reached: ReadonlySet<number>): void {
  chart.states.forEach(({ id, kind, place, parent }, state) => {
    if (reached.has(state) || !drawn.has(state) || kind === "start" || kind === "end" || kind === "history" || kind === "region") return;
    if (parent !== -1 && !reached.has(parent)) return;
    findings.add(
      "warning",
      "certain",
      "analysis/unreachable",
      place,
      `State "${id}" can never be reached: no transition to it is ever taken`,
      [id],
    );
  });
}

// --- joins -----------------------------------------------------------------------------------------------------------

/** Can enough tokens come to the join? Each by a way of its own, and two of them only from two branches of one fork. */
function canFire(chart: Chart, join: number, isPassed: (state: number) => boolean, branches: Branches): boolean {
  const drawnCount = chart.drawnInto(join).length;
  const needed = chart.state(join).joinCount ?? drawnCount;
  const ways = chart.entering(join).filter((index) => isPassed(chart.transition(index).source));
  if (ways.length < needed) return false;
  if (needed < 2) return true;
  const partnered = ways.filter((way) => {
    const partners = ways.filter((other) => other !== way && areConcurrent(chart, branches, way, other));
    return partners.length >= needed - 1;
  });
  return partnered.length >= needed;
}

/** Per fork: per branch, the states that its token may come to. */
type Branches = readonly (readonly { readonly way: number; readonly states: ReadonlySet<number> }[])[];

/** Of the forks that can be reached; none of a chart without joins. */
function listBranches(chart: Chart, reached: ReadonlySet<number>): Branches {
  if (![...reached].some((state) => chart.state(state).kind === "join")) return [];
  const forks = [...reached].filter((state) => chart.state(state).kind === "fork");
  return forks.map((fork) => chart.leaving(fork).map((way) => ({ way, states: chart.reachFrom([chart.transition(way).target]) })));
}

function areConcurrent(chart: Chart, branches: Branches, a: number, b: number): boolean {
  const comesBy = (branch: { readonly way: number; readonly states: ReadonlySet<number> }, way: number) =>
    branch.way === way || branch.states.has(chart.transition(way).source);
  return branches.some((ways) => ways.some((left) => ways.some((right) => left !== right && comesBy(left, a) && comesBy(right, b))));
}

function reportJoins(chart: Chart, findings: AnalysisFindings, joins: ReadonlySet<number>): void {
  for (const join of joins) {
    const { id, place, joinCount } = chart.state(join);
    const ways = chart.drawnInto(join).map((index) => chart.transition(index));
    const count = joinCount ?? ways.length;
    const sources = ways.map(({ source }) => chart.state(source).id);
    const message = `Join "${id}" never fires: of its ${ways.length} ways ${count} must be gone at the same time, which branches of one fork can do, and these are none (${sources.join(", ")})`;
    findings.add("warning", "certain", "analysis/join-never", place, message, [id, ...sources]);
  }
}

// --- dead ends -------------------------------------------------------------------------------------------------------

const RESTING_KINDS: ReadonlySet<string> = new Set(["state", "composite", "parallel", "join"]);

/** A state in which a run rests for ever. */
function checkDeadEnd(chart: Chart, findings: AnalysisFindings, state: number, reached: ReadonlySet<number>): void {
  const { kind, id, place, entry } = chart.state(state);
  if (!RESTING_KINDS.has(kind) || entry.some((action) => action.kind === "abort")) return;
  if (chart.childrenOf(state).length > 0 && !completes(chart, state, reached)) return;
  if (chart.leaving(state).some((index) => leavesAtRest(chart, index))) return;
  const scopes = chart.ancestorsOf(state);
  if (scopes.some((scope) => chart.leaving(scope).some((index) => isAwaited(chart, index)))) return;
  if (scopes.some((scope) => chart.state(scope).kind === "region" && isLeftFromBeside(chart, scope, reached))) return;
  const isBesideOthers = [...reached].some((other) => chart.state(other).kind === "fork");
  const what = kind === "state" ? "Nothing leaves state" : kind === "join" ? "Nothing follows join" : "Nothing follows the end of";
  const message = `${what} "${id}": a run that comes here rests for ever; let it go on, or end with ${id} --> [*]`;
  findings.add("warning", isBesideOthers ? "possible" : "certain", "analysis/dead-end", place, message, [id]);
}

/** Can the inside of a scope come to its end? */
function completes(chart: Chart, scope: number, reached: ReadonlySet<number>): boolean {
  const children = chart.childrenOf(scope);
  if (chart.state(scope).kind === "parallel") return children.every((region) => completes(chart, region, reached));
  return children.some((child) => chart.state(child).kind === "end" && reached.has(child));
}

function isAwaited(chart: Chart, index: number): boolean {
  const { trigger, isInternal } = chart.transition(index);
  return isInternal !== true && (trigger.kind === "event" || trigger.kind === "after");
}

function leavesAtRest(chart: Chart, index: number): boolean {
  const { trigger } = chart.transition(index);
  return isAwaited(chart, index) || trigger.kind === "always" || (trigger.kind === "outcome" && trigger.outcome === "success");
}

/** May a transition of another region, or an abort there, end what rests in this one? */
function isLeftFromBeside(chart: Chart, region: number, reached: ReadonlySet<number>): boolean {
  const { parent } = chart.state(region);
  return [...reached].some((state) => {
    if (state === parent || !chart.isWithin(state, parent) || chart.isWithin(state, region)) return false;
    if (chart.state(state).entry.some(({ kind }) => kind === "abort")) return true;
    return chart.leaving(state).some((index) => !chart.isWithin(chart.transition(index).target, parent));
  });
}

// --- loops without an event ------------------------------------------------------------------------------------------

const WAITING_ACTIONS: ReadonlySet<string> = new Set(["wait", "call", "workflow", "await", "abort"]);

function areImmediate(actions: readonly ActionDefinition[]): boolean {
  return !actions.some(({ kind }) => WAITING_ACTIONS.has(kind));
}

/** Circles in which every transition is taken at once and without a guard: a run that comes there never rests again. */
function checkLoops(chart: Chart, findings: AnalysisFindings, reached: ReadonlySet<number>): void {
  const seenFrom = new Map<number, number>();
  for (const first of [...reached].sort((a, b) => a - b)) {
    const trail: number[] = [];
    let at: number | undefined = first;
    while (at !== undefined && !seenFrom.has(at)) {
      seenFrom.set(at, first);
      trail.push(at);
      at = nextAtOnce(chart, at);
    }
    if (at === undefined || seenFrom.get(at) !== first) continue;
    const circle = trail.slice(trail.indexOf(at)).filter((state) => !["start", "end"].includes(chart.state(state).kind));
    const ids = circle.map((state) => chart.state(state).id);
    const place = chart.state(circle[0] ?? at).place;
    const message = `These states follow each other at once and without a condition, so a run that comes here never rests again: ${ids.join(" → ")}`;
    findings.add("warning", "certain", "analysis/endless-loop", place, message, ids);
  }
}

/** Where a token that enters `state` certainly goes within the same step; undefined: it may rest, wait or choose. */
function nextAtOnce(chart: Chart, state: number): number | undefined {
  const { kind, entry, parent } = chart.state(state);
  if (!areImmediate(entry)) return undefined;
  switch (kind) {
    case "composite":
      return chart.state(state).history === undefined ? chart.startOf(state) : undefined;
    case "end":
      return parent === -1 || chart.state(parent).kind !== "composite" ? undefined : followAtOnce(chart, parent);
    case "state":
    case "start":
    case "choice":
      return followAtOnce(chart, state);
    default:
      return undefined;
  }
}

function followAtOnce(chart: Chart, state: number): number | undefined {
  for (const index of chart.leaving(state)) {
    const { trigger, guard, actions, target } = chart.transition(index);
    if (trigger.kind === "event" || trigger.kind === "after" || (trigger.kind === "outcome" && trigger.outcome === "failure")) continue;
    return guard === undefined && areImmediate(actions) ? target : undefined;
  }
  return undefined;
}
