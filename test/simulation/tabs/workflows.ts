// The workflows of simulated tabs: everything that takes time, waits, fails, is tried again or begins another run.
import { markdown } from "../../unit/engine/markdown.js";

const CHART = markdown(
  `[*] --> Fetch
Fetch --> Wait: success
Fetch --> Fetch: failed
Wait --> Count: go
Wait --> Wait: after 5s
Count --> Wait: [n < 3]
Count --> Store: [n >= 3]
Store --> [*]: success
Store --> Store: failed`,
  { name: "chart", head: "events: [go]\nvariables:\n  n: { type: number, initial: 0 }\n  a: any\n  b: any", actions: "- Fetch: call work with n=1 result a\n- Count: set n = n + 1\n- Store: call work with n=n result b" },
);
const GRAPH = `millrace: 1
name: graph
tasks:
  each:
    with: {items: "{{ [1, 2, 3, 4, 5] }}", concurrency: 2}
    action: work
    input: {n: "{{ item }}"}
    retry: {count: 9, delay: 1s}
    next: [left, right]
  left: {action: wait, duration: 3s, next: meet}
  right: {workflow: child, next: meet}
  meet: {join: all, action: work, input: {n: 7}, retry: 9}
output: {all: "{{ tasks.each.result }}"}
`;
const CHILD = markdown("[*] --> A\nA --> B: success\nA --> A: failed\nB --> [*]: after 2s", { name: "child", actions: "- A: call work with n=5" });

/** Sources, children first. */
export const SOURCES = [CHILD, CHART, GRAPH];
/** Names of those that a script starts. */
export const STARTED = ["chart", "graph"] as const;
