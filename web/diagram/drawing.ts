// What is to be drawn: every state and transition of a definition with its text cut into lines and measured. Layout
// reads the sizes only; the SVG reads the lines.
import type { Definition, LabelReading, StateDefinition, TransitionDefinition } from "../millrace.js";

export interface DrawnState {
  readonly kind: StateDefinition["kind"];
  readonly parent: number;
  /** `H` or `H*` in a circle: all of a history state, or in a composite's corner; `2 of 3` beside a join. Empty: none. */
  readonly mark: string;
  /** In which direction the states within it are laid out. */
  readonly direction: Definition["direction"];
  /** The label's lines, set bold. */
  readonly title: readonly string[];
  /** Further descriptions, set small. */
  readonly details: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly notes: readonly DrawnNote[];
  /** Height of the line that says how far its items are; absent: it has none. */
  readonly progress?: number;
}

export interface DrawnNote {
  readonly side: "left" | "right";
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

export interface DrawnTransition {
  readonly source: number;
  readonly target: number;
  readonly reading: LabelReading;
  readonly isFailure: boolean;
  /** It leaves its state alone, so it is a line in the state's box, not an arrow. */
  readonly isInternal: boolean;
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

export interface Drawing {
  readonly direction: Definition["direction"];
  readonly states: readonly DrawnState[];
  readonly transitions: readonly DrawnTransition[];
}

export const TITLE_LINE = 18;
export const DETAIL_LINE = 15;
export const LABEL_LINE = 14;
/** Space left of a label's text for its glyph. */
export const GLYPH_WIDTH = 16;
const PADDING_X = 14;
const PADDING_Y = 10;
const LABEL_PADDING = 6;
const titleWidthMax = 190;
const detailWidthMax = 210;
const labelWidthMax = 150;
/** Labels in a sideways layout stand in the flow, so they are narrower. */
const sidewaysLabelWidthMax = 104;
const lineCountMax = 4;
/** Lines under a title: descriptions and compartment. */
const detailCountMax = 8;

type Measure = (text: string) => number;

/** A measuring function for a CSS font; cached per text. */
function createMeasure(font: string): Measure {
  const canvas = document.createElement("canvas").getContext("2d");
  const widths = new Map<string, number>();
  return (text) => {
    const known = widths.get(text);
    if (known !== undefined) return known;
    if (canvas) canvas.font = font;
    const width = canvas?.measureText(text).width ?? text.length * 7;
    widths.set(text, width);
    return width;
  };
}

let fonts: { readonly title: Measure; readonly detail: Measure; readonly label: Measure } | undefined;

function readFonts(): NonNullable<typeof fonts> {
  if (fonts) return fonts;
  const style = getComputedStyle(document.documentElement);
  const sans = style.getPropertyValue("--font-sans").trim() || "sans-serif";
  fonts = {
    title: createMeasure(`600 13px ${sans}`),
    detail: createMeasure(`400 11.5px ${sans}`),
    label: createMeasure(`500 11px ${sans}`),
  };
  return fonts;
}

function cutWord(word: string, widthMax: number, measure: Measure): readonly [string, string] {
  let size = word.length;
  while (size > 1 && measure(word.slice(0, size)) > widthMax) size -= 1;
  return [word.slice(0, size), word.slice(size)];
}

/** Cuts text into lines no wider than `widthMax`; what does not fit into `lineCountMax` lines ends in an ellipsis. */
export function wrapText(text: string, widthMax: number, measure: Measure): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (let word of paragraph.split(/\s+/)) {
      const joined = line === "" ? word : `${line} ${word}`;
      if (measure(joined) <= widthMax) {
        line = joined;
        continue;
      }
      if (line !== "") lines.push(line);
      while (measure(word) > widthMax && word.length > 1) {
        const [head, rest] = cutWord(word, widthMax, measure);
        lines.push(head);
        word = rest;
      }
      line = word;
    }
    if (line !== "") lines.push(line);
  }
  if (lines.length <= lineCountMax) return lines;
  return [...lines.slice(0, lineCountMax - 1), `${lines[lineCountMax - 1]}…`];
}

function measureLines(lines: readonly string[], measure: Measure): number {
  return lines.reduce((width, line) => Math.max(width, measure(line)), 0);
}

/** What a state does besides its entry actions: its compartment in the diagram, then what the lists add. */
function listCompartment(definition: Definition, state: StateDefinition, index: number): readonly string[] {
  const drawn = state.compartment ?? [];
  const known = new Set(drawn);
  const internal = definition.transitions.filter(({ isInternal, source }) => isInternal === true && source === index).map(({ label }) => label);
  const deferred = (state.deferred ?? []).map((event) => `${event} / defer`);
  return [...drawn, ...[...internal, ...deferred].filter((line) => !known.has(line))];
}

function markOf(state: StateDefinition, enteringCount: number): string {
  const join = state.task?.join;
  if (join !== undefined) return join === "all" ? `all ${enteringCount}` : `${join} of ${enteringCount}`;
  if (state.history !== undefined) return state.history === "deep" ? "H*" : "H";
  return state.joinCount === undefined ? "" : `${state.joinCount} of ${enteringCount}`;
}

/** The text that names a state: its first description, else its id. */
export function nameState(state: StateDefinition): string {
  if (state.kind === "start") return "Start";
  if (state.kind === "end") return "End";
  return state.descriptions[0] || state.id;
}

/** What a task or a scope of a task graph does, in few words. */
export function listTaskParts({ task, timeout: scopeTimeout }: StateDefinition): readonly string[] {
  if (task === undefined) return scopeTimeout === undefined ? [] : [`at most${writeDuration(scopeTimeout)}`];
  const { action, items, retry, delay, timeout, undo } = task;
  const lines = [];
  if (action.kind === "call") lines.push(action.task === "" ? "computed action" : action.task);
  else if (action.kind === "workflow") lines.push(`workflow ${action.workflow}`);
  else if (action.kind === "await") lines.push(`awaits ${action.event}`);
  else if (action.kind === "wait") lines.push(`waits${writeDuration(action.duration)}`);
  else if (action.kind === "fail") lines.push("fails the run");
  if (items !== undefined) {
    const limit = items.concurrency?.kind === "literal" ? `, ${String(items.concurrency.value)} at a time` : "";
    lines.push(`for each item${limit}`);
  }
  if (retry !== undefined) lines.push(retry.count.kind === "literal" ? `up to ${String(retry.count.value)} retries` : "retries");
  if (delay !== undefined) lines.push(`after${writeDuration(delay)}`);
  if (timeout !== undefined) lines.push(`at most${writeDuration(timeout)}`);
  if (undo?.action.kind === "call") lines.push(`undone by ${undo.action.task === "" ? "a computed action" : undo.action.task}`);
  else if (undo?.action.kind === "workflow") lines.push(`undone by workflow ${undo.action.workflow}`);
  return lines;
}

function writeDuration(value: NonNullable<NonNullable<StateDefinition["task"]>["delay"]>): string {
  if (value.kind !== "literal" || typeof value.value !== "number") return " a while";
  return value.value >= 1_000 ? ` ${value.value / 1_000} s` : ` ${value.value} ms`;
}

function drawNotes(state: StateDefinition): readonly DrawnNote[] {
  const { detail } = readFonts();
  return state.notes.map(({ side, text }) => {
    const lines = wrapText(text, 160, detail);
    return { side, lines, width: Math.ceil(measureLines(lines, detail)) + 20, height: lines.length * DETAIL_LINE + 14 };
  });
}

const FIXED_SIZES: Partial<Record<StateDefinition["kind"], readonly [number, number]>> = {
  start: [18, 18],
  end: [20, 20],
  choice: [34, 34],
  history: [30, 30],
};
const PROGRESS_HEIGHT = 20;
const BAR_LENGTH_MIN = 84;
const BAR_LENGTH_MAX = 420;
/** Length of a fork or join for each branch. */
const BAR_STEP = 76;
const BAR_THICKNESS = 7;

function drawState(
  state: StateDefinition,
  around: Definition["direction"],
  { branchCount, mark, compartment }: { branchCount: number; mark: string; compartment: readonly string[] },
): DrawnState {
  const { title, detail } = readFonts();
  const base = { kind: state.kind, parent: state.parent, mark, direction: state.direction ?? around, notes: drawNotes(state) };
  const fixed = FIXED_SIZES[state.kind];
  if (fixed) return { ...base, title: [], details: [], width: fixed[0], height: fixed[1] };
  if (state.kind === "fork" || state.kind === "join") {
    const isUpright = around === "LR" || around === "RL";
    const length = Math.min(BAR_LENGTH_MAX, Math.max(BAR_LENGTH_MIN, branchCount * BAR_STEP * (isUpright ? 0.7 : 1)));
    return { ...base, title: [], details: [], width: isUpright ? BAR_THICKNESS : length, height: isUpright ? length : BAR_THICKNESS };
  }
  const titleLines = state.kind === "region" ? [] : wrapText(nameState(state), titleWidthMax, title);
  const details = [...state.descriptions.slice(1), ...listTaskParts(state), ...compartment]
    .flatMap((text) => wrapText(text, detailWidthMax, detail))
    .slice(0, detailCountMax);
  const width = Math.max(measureLines(titleLines, title), measureLines(details, detail));
  const height = titleLines.length * TITLE_LINE + details.length * DETAIL_LINE + (details.length > 0 ? 6 : 0);
  const progress = state.task?.items === undefined ? 0 : PROGRESS_HEIGHT;
  return { ...base, title: titleLines, details, progress, width: Math.max(progress > 0 ? 130 : 64, Math.ceil(width) + PADDING_X * 2), height: height + progress + PADDING_Y * 2 };
}

/** Height of what stands above the states within a composite: its title, and what it does. */
export function measureHead(state: DrawnState): number {
  return state.title.length === 0 ? 0 : state.title.length * TITLE_LINE + 12 + state.details.length * DETAIL_LINE;
}

/** Does the transition lead away from a failure? */
export function isFailureTransition({ trigger }: TransitionDefinition): boolean {
  return trigger.kind === "outcome" && trigger.outcome === "failure";
}

function drawTransition(transition: TransitionDefinition, direction: Definition["direction"]): DrawnTransition {
  const { label } = readFonts();
  const { source, target, reading } = transition;
  // What only publishes, or tries its task again, leads nowhere.
  const isSideways = direction === "LR" || direction === "RL";
  const isInternal = transition.isInternal === true || target < 0 || transition.isRetry === true || transition.isUndo === true;
  const lines = isInternal ? [] : wrapText(transition.label, isSideways ? sidewaysLabelWidthMax : labelWidthMax, label);
  const width = lines.length === 0 ? 0 : Math.ceil(measureLines(lines, label)) + GLYPH_WIDTH + LABEL_PADDING * 2;
  const height = lines.length === 0 ? 0 : lines.length * LABEL_LINE + 6;
  return { source, target, reading, isFailure: isFailureTransition(transition), isInternal, lines, width, height };
}

interface BranchCounts {
  readonly entering: readonly number[];
  readonly leaving: readonly number[];
}

/** Numbers of transitions that come in and go out, by state. */
function countBranches(definition: Definition): BranchCounts {
  const entering = definition.states.map(() => 0);
  const leaving = definition.states.map(() => 0);
  // A task counts once, by however many ways it leads to another.
  const counted = new Set<string>();
  for (const { source, target } of definition.transitions) {
    leaving[source] = (leaving[source] ?? 0) + 1;
    const way = `${source} ${target}`;
    if (definition.taskGraph !== undefined && counted.has(way)) continue;
    counted.add(way);
    entering[target] = (entering[target] ?? 0) + 1;
  }
  return { entering, leaving };
}

/** Measures a definition's text. Needs a page; about 5 us a state. */
export function createDrawing(definition: Definition): Drawing {
  const states: DrawnState[] = [];
  const { entering, leaving } = countBranches(definition);
  const hasInternal = definition.transitions.some(({ isInternal }) => isInternal === true);
  definition.states.forEach((state, index) => {
    const hasCompartment = hasInternal || state.compartment !== undefined || state.deferred !== undefined;
    const enteringCount = entering[index] ?? 0;
    states.push(
      drawState(state, states[state.parent]?.direction ?? definition.direction, {
        branchCount: Math.max(enteringCount, leaving[index] ?? 0),
        mark: markOf(state, enteringCount),
        compartment: hasCompartment ? listCompartment(definition, state, index) : [],
      }),
    );
  });
  return {
    direction: definition.direction,
    states,
    transitions: definition.transitions.map((transition) =>
      drawTransition(transition, states[states[transition.source]?.parent ?? -1]?.direction ?? definition.direction),
    ),
  };
}
