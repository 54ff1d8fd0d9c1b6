// Makes a failing case small: drops what happens, then states, transitions, actions and guards, as long as it still fails.
import { type Chart, type ChartState, type ChartTransition, EDGE } from "./chart.js";
import type { Stimulus } from "./script.js";

export interface Case {
  readonly chart: Chart;
  readonly script: readonly Stimulus[];
}

/** Tries of one shrinking. */
const TRY_COUNT_MAX = 3_000;

/** `fails` must hold for `found`; a case that does not load must give false. */
export function shrinkCase(found: Case, fails: (candidate: Case) => boolean): Case {
  let smallest = found;
  let tries = 0;
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false;
    for (const candidate of listSmaller(smallest)) {
      tries += 1;
      if (tries > TRY_COUNT_MAX) return smallest;
      if (!fails(candidate)) continue;
      smallest = candidate;
      hasShrunk = true;
      break;
    }
  }
  return smallest;
}

function* listSmaller({ chart, script }: Case): Generator<Case> {
  for (let size = script.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at + size <= script.length; at += size)
      yield { chart, script: script.filter((_, index) => index < at || index >= at + size) };
  for (const state of chart.states) yield { chart: dropState(chart, state), script };
  for (const transition of chart.transitions)
    yield { chart: { ...chart, transitions: chart.transitions.filter((other) => other !== transition) }, script };
  for (const state of chart.states)
    for (const simpler of simplifyState(state)) yield { chart: replaceState(chart, state, simpler), script };
  for (const transition of chart.transitions)
    for (const label of simplifyLabel(transition)) yield { chart: replaceTransition(chart, transition, { ...transition, label }), script };
  for (const name of Object.keys(chart.variables)) {
    const { [name]: _, ...variables } = chart.variables;
    yield { chart: { ...chart, variables }, script };
  }
}

/** Without a state, all inside it, and what leads to or from them. */
function dropState(chart: Chart, dropped: ChartState): Chart {
  const gone = new Set([dropped.id]);
  for (const { id, parent } of chart.states) if (gone.has(parent)) gone.add(id);
  const stays = (id: string) => !gone.has(id);
  return {
    ...chart,
    states: chart.states.filter(({ id }) => stays(id)),
    transitions: chart.transitions.filter(({ source, target, parent }) => stays(source) && stays(target) && stays(parent)),
  };
}

function* simplifyState(state: ChartState): Generator<ChartState> {
  for (let at = 0; at < state.entry.length; at += 1) yield { ...state, entry: state.entry.filter((_, index) => index !== at) };
  if (state.regionCount > 1) yield { ...state, regionCount: state.regionCount - 1 };
}

/** `event [guard] / action` without the action, then without the guard. */
function simplifyLabel({ source, label }: ChartTransition): string[] {
  if (source === EDGE) return [];
  const withoutAction = label.replace(/ \/ .*$/, "");
  const withoutGuard = withoutAction.replace(/ \[.*\]$/, "");
  return [withoutAction, withoutGuard].filter((simpler) => simpler !== label);
}

function replaceState(chart: Chart, old: ChartState, state: ChartState): Chart {
  const states = chart.states.map((other) => (other === old ? state : other));
  const lost = chart.states.find(({ parent, region }) => parent === state.id && region >= state.regionCount && state.kind === "composite");
  const next = { ...chart, states };
  return lost === undefined ? next : replaceState(dropState(chart, lost), old, state);
}

function replaceTransition(chart: Chart, old: ChartTransition, transition: ChartTransition): Chart {
  return { ...chart, transitions: chart.transitions.map((other) => (other === old ? transition : other)) };
}
