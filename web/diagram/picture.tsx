// The drawing itself: an SVG made once per layout. What changes while a run is going on (active states, transitions
// taken) is set on the finished elements by their index, so a step costs nothing that depends on the size.
import type { CSSProperties, VNode } from "preact";
import type { Definition } from "../millrace.js";
import {
  DETAIL_LINE,
  GLYPH_WIDTH,
  LABEL_LINE,
  measureHead,
  listTaskParts,
  nameState,
  TITLE_LINE,
  type Drawing,
  type DrawnState,
  type DrawnTransition,
} from "./drawing.js";
import { readStyle, type DrawnStyle } from "./class-style.js";
import type { Layout, PlacedTransition } from "./layout.js";
import { Glyph, readingOf } from "./readings.js";
import type { Rectangle } from "./route.js";

export interface PictureProperties {
  readonly definition: Definition;
  readonly drawing: Drawing;
  readonly layout: Layout;
}

function Lines({
  lines,
  x,
  y,
  step,
  name,
  style,
}: {
  lines: readonly string[];
  x: number;
  y: number;
  step: number;
  name: string;
  style?: CSSProperties | undefined;
}): VNode | null {
  if (lines.length === 0) return null;
  return (
    <text class={name} x={x} y={y} style={style}>
      {lines.map((line, index) => (
        <tspan key={index} x={x} dy={index === 0 ? 0 : step}>
          {line}
        </tspan>
      ))}
    </text>
  );
}

interface ShapeProperties {
  readonly box: Rectangle;
  readonly state: DrawnState;
  readonly style: DrawnStyle | undefined;
}

function PlainShape({ box, state, style }: ShapeProperties): VNode {
  const { title, details, progress = 0 } = state;
  const textHeight = title.length * TITLE_LINE + (details.length > 0 ? details.length * DETAIL_LINE + 6 : 0) + progress;
  const top = box.y + (box.height - textHeight) / 2;
  const middle = box.x + box.width / 2;
  const rule = top + title.length * TITLE_LINE + 2;
  return (
    <>
      <rect class="shape" x={box.x} y={box.y} width={box.width} height={box.height} rx={9} style={style?.shape} />
      {details.length > 0 && <path class="state-rule" d={`M${box.x + 10} ${rule}H${box.x + box.width - 10}`} />}
      <Lines name="state-title" lines={title} x={middle} y={top + 13} step={TITLE_LINE} style={style?.text} />
      <Lines name="state-detail" lines={details} x={middle} y={rule + 15} step={DETAIL_LINE} style={style?.text} />
      {progress > 0 && <Progress x={box.x + 12} y={box.y + box.height - progress} width={box.width - 24} />}
      {state.kind === "task" && state.mark !== "" && (
        <text class="join-mark is-beside" x={box.x + box.width + 5} y={box.y + 11}>
          {state.mark}
        </text>
      )}
    </>
  );
}

/** How far the items of a task are: empty until a run says so. */
function Progress({ x, y, width }: { x: number; y: number; width: number }): VNode {
  return (
    <g class="progress" data-width={width}>
      <rect class="progress-track" x={x} y={y + 12} width={width} height={3} rx={1.5} />
      <rect class="progress-bar" x={x} y={y + 12} width={0} height={3} rx={1.5} />
      <text class="progress-text" x={x + width / 2} y={y + 8} />
    </g>
  );
}

function ContainerShape({ box, state, style }: ShapeProperties): VNode {
  if (state.kind === "region") return <rect class="region" x={box.x} y={box.y} width={box.width} height={box.height} />;
  const head = measureHead(state);
  return (
    <>
      <rect class="shape" x={box.x} y={box.y} width={box.width} height={box.height} rx={12} style={style?.shape} />
      <path class="container-rule" d={`M${box.x} ${box.y + head}H${box.x + box.width}`} />
      <Lines name="state-title" lines={state.title} x={box.x + 14} y={box.y + 19} step={TITLE_LINE} style={style?.text} />
      <Lines
        name="state-detail is-left"
        lines={state.details}
        x={box.x + 14}
        y={box.y + state.title.length * TITLE_LINE + 17}
        step={DETAIL_LINE}
        style={style?.text}
      />
      {state.mark !== "" && <HistoryMark x={box.x + box.width - 20} y={box.y + 15} text={state.mark} />}
    </>
  );
}

/** `H` or `H*` in a circle, as UML draws history. */
function HistoryMark({ x, y, text }: { x: number; y: number; text: string }): VNode {
  return (
    <g class="history-mark">
      <circle cx={x} cy={y} r={10} />
      <text x={x} y={y + 4}>
        {text}
      </text>
    </g>
  );
}

function Shape(properties: ShapeProperties): VNode {
  const { box, state } = properties;
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  if (state.kind === "start") return <circle class="shape" cx={x} cy={y} r={box.width / 2 - 1} />;
  if (state.kind === "end") {
    return (
      <>
        <circle class="shape" cx={x} cy={y} r={box.width / 2 - 1} />
        <circle class="end-core" cx={x} cy={y} r={box.width / 2 - 5} />
      </>
    );
  }
  if (state.kind === "choice")
    return (
      <path
        class="shape"
        d={`M${x} ${box.y}L${box.x + box.width} ${y}L${x} ${box.y + box.height}L${box.x} ${y}Z`}
        style={properties.style?.shape}
      />
    );
  if (state.kind === "history")
    return (
      <>
        <circle class="shape" cx={x} cy={y} r={box.width / 2 - 1} />
        <text class="history-text" x={x} y={y + 5}>
          {state.mark}
        </text>
      </>
    );
  if (state.kind === "fork" || state.kind === "join")
    return (
      <>
        <rect class="shape" x={box.x} y={box.y} width={box.width} height={box.height} rx={3} />
        {state.mark !== "" && (
          <text class="join-mark" x={box.x + box.width} y={box.y - 5}>
            {state.mark}
          </text>
        )}
      </>
    );
  return <PlainShape {...properties} />;
}

function StateGroup({
  index,
  properties,
  isContainer,
}: {
  index: number;
  properties: PictureProperties;
  isContainer: boolean;
}): VNode | null {
  const { definition, drawing, layout } = properties;
  const box = layout.states[index];
  const state = drawing.states[index];
  const defined = definition.states[index];
  if (!box || !state || !defined) return null;
  const style = readStyle(definition, defined.classes);
  const shape = { box, state, style };
  return (
    <g class={`state kind-${state.kind}${isContainer ? " is-container" : ""}`} data-state={index} data-id={defined.id}>
      <title>{describeState(definition, index)}</title>
      {isContainer ? <ContainerShape {...shape} /> : <Shape {...shape} />}
    </g>
  );
}

type Action = Definition["states"][number]["entry"][number];

function listActions(name: string, actions: readonly Action[]): string {
  if (actions.length === 0) return "";
  const texts = actions.map((action) =>
    action.kind === "call" ? `call ${action.task}` : action.kind === "set" ? `set ${action.variable}` : action.kind,
  );
  return `\n${name}${texts.join(", ")}`;
}

function describeState(definition: Definition, index: number): string {
  const state = definition.states[index];
  if (!state) return "";
  const deferred = state.deferred === undefined ? "" : `\ndefers ${state.deferred.join(", ")}`;
  const history = state.history === undefined ? "" : `\n${state.history} history: goes on where it was left`;
  const name = `${nameState(state)}${nameState(state) === state.id ? "" : ` (${state.id})`}`;
  const task = listTaskParts(state).map((line) => `\n${line}`).join("");
  return `${name}${task}${listActions("", state.entry)}${listActions("on exit: ", state.exit)}${deferred}${history}`;
}

function describeTransition(definition: Definition, index: number): string {
  const transition = definition.transitions[index];
  if (!transition) return "";
  const { name, explanation } = readingOf(transition);
  const nameOf = (state: number): string => {
    const found = definition.states[state];
    return found ? nameState(found) : "?";
  };
  return `${nameOf(transition.source)}${transition.target < 0 ? "" : ` → ${nameOf(transition.target)}`}\n${transition.label === "" ? "" : `${transition.label}\n`}read as ${name}: ${explanation}`;
}

function EdgeLine({ index, definition, place }: { index: number; definition: Definition; place: PlacedTransition }): VNode | null {
  if (place.path === "") return null;
  return (
    <g class="edge" data-edge={index}>
      <title>{describeTransition(definition, index)}</title>
      <path class="edge-line" d={place.path} marker-end="url(#arrow)" />
      <path class="edge-target" d={place.path} />
    </g>
  );
}

function EdgeLabel({
  index,
  definition,
  place,
  transition,
}: {
  index: number;
  definition: Definition;
  place: PlacedTransition;
  transition: DrawnTransition;
}): VNode | null {
  const defined = definition.transitions[index];
  if (!place.label || transition.lines.length === 0 || !defined) return null;
  const x = place.label.x - transition.width / 2;
  const y = place.label.y - transition.height / 2;
  const reading = readingOf(defined);
  return (
    <g class={`edge-label tone-${reading.tone}`} data-edge={index}>
      <title>{describeTransition(definition, index)}</title>
      <rect class="label-box" x={x} y={y} width={transition.width} height={transition.height} rx={7} />
      <Glyph tone={reading.tone} x={x + 6} y={place.label.y - 5} />
      <Lines name="label-text" lines={transition.lines} x={x + 6 + GLYPH_WIDTH} y={y + 13.5} step={LABEL_LINE} />
    </g>
  );
}

function Note({ properties, at }: { properties: PictureProperties; at: number }): VNode | null {
  const place = properties.layout.notes[at];
  const note = place && properties.drawing.states[place.state]?.notes[place.note];
  if (!place || !note) return null;
  const fold = 10;
  const outline = `M${place.x} ${place.y}h${place.width - fold}l${fold} ${fold}v${place.height - fold}h${-place.width}z`;
  return (
    <g class="note">
      <path class="note-shape" d={outline} />
      <Lines name="note-text" lines={note.lines} x={place.x + 9} y={place.y + 18} step={DETAIL_LINE} />
    </g>
  );
}

function Arrowheads(): VNode {
  return (
    <defs>
      <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
        <path class="arrow-head" fill="#7d8f99" d="M0.5 0.8L9.5 5L0.5 9.2L2.8 5z" />
      </marker>
    </defs>
  );
}

/** The picture's content: make its node once per layout. */
export function Picture(properties: PictureProperties): VNode {
  const { definition, drawing, layout } = properties;
  const containers = new Set(drawing.states.map((state) => state.parent));
  const indexes = drawing.states.map((_, index) => index);
  return (
    <>
      <Arrowheads />
      <g>
        {indexes
          .filter((index) => containers.has(index))
          .map((index) => (
            <StateGroup key={index} index={index} properties={properties} isContainer />
          ))}
      </g>
      {layout.dividers.map(({ from, to }, index) => (
        <path key={index} class="divider" d={`M${from.x} ${from.y}L${to.x} ${to.y}`} />
      ))}
      <g>
        {layout.transitions.map((place, index) => (
          <EdgeLine key={index} index={index} definition={definition} place={place} />
        ))}
      </g>
      <g>
        {indexes
          .filter((index) => !containers.has(index))
          .map((index) => (
            <StateGroup key={index} index={index} properties={properties} isContainer={false} />
          ))}
      </g>
      <g>
        {drawing.transitions.map((transition, index) => {
          const place = layout.transitions[index];
          return place && <EdgeLabel key={index} index={index} definition={definition} place={place} transition={transition} />;
        })}
      </g>
      <g>
        {layout.notes.map((_, at) => (
          <Note key={at} properties={properties} at={at} />
        ))}
      </g>
    </>
  );
}
