// Says in words what a failing case is: the seed, the chart's text, what happened, and where the two sides parted.
import { printChart } from "./chart.js";
import type { Moment, Play, Sight } from "./play.js";
import type { Case } from "./shrink.js";

/** `names`: the two sides, as they stand in a moment. */
export function describeCase(title: string, { chart, script }: Case, { moments }: Play, names: readonly [string, string]): string {
  const last = moments.at(-1);
  return [
    title,
    printChart(chart),
    ...moments.slice(0, -1).map(({ stimulus, model }) => `${stimulus}: ${describeSight(model)}`),
    ...(last === undefined ? [] : describeParting(last, names)),
    "",
    `script: ${JSON.stringify(script)}`,
  ].join("\n");
}

function describeParting({ stimulus, model, other }: Moment, [modelName, otherName]: readonly [string, string]): string[] {
  return [`${stimulus}:`, `  ${modelName.padEnd(10)} ${describeSight(model)}`, `  ${otherName.padEnd(10)} ${describeSight(other)}`];
}

function describeSight({ answer, states, variables, effects, canceled }: Sight): string {
  const values = Object.entries(variables as object).map(([name, value]) => `${name}=${value}`);
  const parts = [
    `${answer} in ${states.join(" ")}`,
    values.join(" "),
    effects.join(", "),
    canceled.length === 0 ? "" : `canceled ${canceled.join(" ")}`,
  ];
  return parts.filter((part) => part !== "").join(" | ");
}
