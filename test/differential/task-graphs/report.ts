// Says in words what a failing case is: the graph, what happened, and where the two sides parted.
import type { GraphSource } from "../../unit/task-graph/graph.js";
import type { Play, Sight } from "./play.js";

export function describePlay(title: string, source: GraphSource, { moments }: Play): string {
  const last = moments.at(-1);
  const { tasks, ...rest } = source;
  return [
    title,
    shorten(rest),
    ...Object.entries(tasks).map(([name, task]) => `  ${name}: ${shorten(task)}`),
    ...moments.slice(0, -1).map(({ stimulus, model }) => `${stimulus}: ${describeSight(model)}`),
    ...(last === undefined ? [] : [`${last.stimulus}:`, `  model  ${describeSight(last.model)}`, `  kernel ${describeSight(last.kernel)}`]),
  ].join("\n");
}

/** JSON without places; an expression is its text. */
function shorten(value: unknown): string {
  return JSON.stringify(value, (key, part) => {
    if (key === "place") return undefined;
    if (part?.kind === "expression") return `{{ ${part.expression.text} }}`;
    return part?.kind === "literal" ? part.value : part;
  });
}

function describeSight({ answer, active, effects }: Sight): string {
  return `${answer} in ${active.join(" ")} | ${effects.join(", ")}`;
}
