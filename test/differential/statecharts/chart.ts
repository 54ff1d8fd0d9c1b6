// Charts as the random generator makes them and the shrinker cuts them down: flat lists, printed as the Markdown and Mermaid
// that an author would write, so that a test goes the whole way from the text.

/** Start and end of a scope, as a transition's source and target. */
export const EDGE = "[*]";

export interface ChartState {
  readonly id: string;
  readonly kind: "state" | "composite" | "choice" | "fork" | "join";
  /** The composite around it ("" for the top) and the region in it. */
  readonly parent: string;
  readonly region: number;
  /** Parts of a composite; 1 for one without regions. */
  readonly regionCount: number;
  /** Texts of actions. */
  readonly entry: readonly string[];
}

export interface ChartTransition {
  readonly source: string;
  readonly target: string;
  /** The scope in which its line stands, where an end of it is `[*]`. */
  readonly parent: string;
  readonly region: number;
  readonly label: string;
}

export interface Chart {
  /** Lines of the front matter, by name of the variable. */
  readonly variables: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

/** The author's text. */
export function printChart(chart: Chart): string {
  const variables = Object.entries(chart.variables).map(([name, declaration]) => `  ${name}: ${declaration}`);
  const actions = chart.states.flatMap(({ id, entry }) => entry.map((action) => `- ${id}: ${action}`));
  return [
    "---",
    "name: chart",
    `events: [${chart.events.join(", ")}]`,
    ...(variables.length === 0 ? [] : ["variables:", ...variables]),
    "---",
    "```mermaid",
    "stateDiagram-v2",
    ...printScope(chart, "", 0, ""),
    ...chart.transitions.filter((transition) => !isInOneScope(chart, transition)).map(printTransition),
    "```",
    ...(actions.length === 0 ? [] : ["", "## Actions", "", ...actions]),
    "",
  ].join("\n");
}

function printScope(chart: Chart, parent: string, region: number, indent: string): string[] {
  const states = chart.states.filter((state) => state.parent === parent && state.region === region);
  const transitions = chart.transitions.filter(
    (transition) => isInOneScope(chart, transition) && transition.parent === parent && transition.region === region,
  );
  return [
    ...states.flatMap((state) => printState(chart, state, indent)),
    ...transitions.map((transition) => indent + printTransition(transition)),
  ];
}

function printState(chart: Chart, state: ChartState, indent: string): string[] {
  if (state.kind === "state") return [`${indent}${state.id} : ${state.id}`];
  if (state.kind !== "composite") return [`${indent}state ${state.id} <<${state.kind}>>`];
  const regions = Array.from({ length: state.regionCount }, (_, region) => printScope(chart, state.id, region, `${indent}  `));
  const body = regions.flatMap((lines, region) => (region === 0 ? lines : [`${indent}  --`, ...lines]));
  return [`${indent}state ${state.id} {`, ...body, `${indent}}`];
}

function printTransition({ source, target, label }: ChartTransition): string {
  return `${source} --> ${target}${label === "" ? "" : ` : ${label}`}`;
}

/** Do both ends stand in the scope of the transition's line? Others are written at the end, where they move no state; so are the ways out of
 * a choice, to stay in order. */
function isInOneScope(chart: Chart, { source, target, parent, region }: ChartTransition): boolean {
  if (chart.states.some(({ id, kind }) => id === source && kind === "choice")) return false;
  const isHere = (id: string) => {
    const state = chart.states.find((candidate) => candidate.id === id);
    return id === EDGE || (state !== undefined && state.parent === parent && state.region === region);
  };
  return isHere(source) && isHere(target);
}
