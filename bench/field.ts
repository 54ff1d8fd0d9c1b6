// What task-graph engines are shown with, as data that every subject gets: a list, what is done with each element, and how
// often the answer is yes.
import type { FieldStory } from "./catalogue.js";
import type { TaskKind } from "./task-graphs.js";

export interface Story {
  makeList(count: number): readonly unknown[];
  /** What a handler does with an element. */
  judge(item: never): boolean;
  /** The same for the kernel, and for engines that take JSONLogic. */
  readonly expression: string;
  readonly jsonLogic: unknown;
}

interface Server {
  readonly host: string;
  readonly number: number;
}
interface Person {
  readonly address: string;
  readonly isMuted: boolean;
}

const LEVELS = ["DEBUG", "INFO", "WARN", "INFO", "ERROR"];

export const STORIES: Readonly<Record<FieldStory, Story>> = {
  health: {
    makeList: (count) => Array.from({ length: count }, (_, number): Server => ({ host: `server-${number}.example.net`, number })),
    judge: ({ number }: Server) => number % 50 !== 0,
    expression: "item.number % 50 != 0",
    jsonLogic: { "!=": [{ "%": [{ var: "number" }, 50] }, 0] },
  },
  logs: {
    makeList: (count) => Array.from({ length: count }, (_, number) => `12:00:${String(number % 60).padStart(2, "0")} ${LEVELS[number % 5]} shop: order ${number} was looked at`),
    judge: (line: string) => line.includes(" ERROR "),
    expression: "item.contains(' ERROR ')",
    jsonLogic: { in: [" ERROR ", { var: "" }] },
  },
  notifications: {
    makeList: (count) => Array.from({ length: count }, (_, number): Person => ({ address: `person-${number}@example.net`, isMuted: number % 7 === 0 })),
    judge: ({ isMuted }: Person) => !isMuted,
    expression: "!item.isMuted",
    jsonLogic: { "!": [{ var: "isMuted" }] },
  },
};

/** What a task before the items leaves, by its number. */
export const makeResult = (number: number) => ({ number, note: `what task ${number} has found out`, tags: ["one", "two"] });

/** A chain of `taskCount` tasks that leave results, then a task for each element of the input's list. */
export function writeField(story: Story, kind: TaskKind, taskCount: number): string {
  const numbers = Array.from({ length: taskCount }, (_, number) => number);
  const before = numbers.map((number) => {
    const input = JSON.stringify(makeResult(number));
    return `  t${number}: {action: pass, input: ${input}, next: ${number + 1 === taskCount ? "items" : `t${number + 1}`}}`;
  });
  const sum = ["0", ...numbers.map((number) => `tasks.t${number}.result.number`)].join(" + ");
  return `millrace: 1
name: field
input: {list: list}
vars: {count: 0}
tasks:
${before.join("\n")}
  items:
    with: "{{ input.list }}"
    action: ${kind === "handler" ? "work" : "pass"}
    input: "{{ ${kind === "handler" ? "item" : story.expression} }}"
    next:
      - publish: {count: "{{ size(result.filter(one, one)) }}"}
output: {count: "{{ vars.count }}", sum: "{{ ${sum} }}"}
`;
}
