// dataflow-rs, a task-graph engine in Rust, as its authors compile it for the web. Its tasks run in order over one message, and a
// message comes as text: what it is to know is parsed and told with each.
import init, { WasmEngine } from "@goplasmatic/dataflow-wasm";
import { makeResult, STORIES } from "../field.js";
import { makeContext } from "../task-graphs.js";
import type { LoadOf, Subject } from "../subject.js";

interface Answer {
  readonly context: { readonly data: { readonly results?: readonly unknown[]; readonly count?: number } };
  readonly audit_trail: readonly unknown[];
  readonly errors: readonly unknown[];
}
interface Mapping {
  readonly path: string;
  readonly logic: unknown;
}

const PARSE = { id: "parse", name: "parse", function: { name: "parse_json", input: { source: "payload", target: "doc" } } };
const mapTask = (id: string, mappings: readonly Mapping[]) => ({ id, name: id, function: { name: "map", input: { mappings } } });

async function openEngine(tasks: readonly unknown[]): Promise<{ process(payload: string): Promise<string>; answer(payload: string): Promise<Answer> }> {
  await init();
  const engine = new WasmEngine(JSON.stringify([{ id: "only", name: "only", tasks }]));
  const process = (payload: string): Promise<string> => engine.process(payload) as Promise<string>;
  return {
    process,
    async answer(payload) {
      const answer = JSON.parse(await process(payload)) as Answer;
      if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
      return answer;
    },
  };
}

export async function openDataflowItems({ itemCount, contextSize }: LoadOf<"items">): Promise<Subject> {
  const engine = await openEngine([PARSE, mapTask("items", [{ path: "data.results", logic: { map: [{ var: "data.doc.list" }, { var: "" }] } }])]);
  const payload = JSON.stringify({ list: Array.from({ length: itemCount }, (_, index) => index), besides: makeContext(contextSize) });
  return {
    async run(count) {
      for (let done = 0; done < count; done += itemCount) await engine.process(payload);
    },
    answer: async () => (await engine.answer(payload)).context.data.results?.length,
  };
}

/** Tasks that do nothing, one after the other. */
export async function openDataflowTasks(taskCount: number): Promise<Subject> {
  const engine = await openEngine(Array.from({ length: taskCount }, (_, index) => mapTask(`t${index}`, [])));
  return {
    async run(count) {
      for (let done = 0; done < count; done += taskCount) await engine.process("{}");
    },
    answer: async () => ((await engine.answer("{}")).audit_trail.length === taskCount ? "ended" : "not ended"),
  };
}

export async function openDataflowField({ story: name, itemCount, taskCount }: LoadOf<"field">): Promise<Subject> {
  const story = STORIES[name];
  const one = { if: [{ var: "current" }, 1, 0] };
  const engine = await openEngine([
    PARSE,
    ...Array.from({ length: taskCount }, (_, number) => mapTask(`t${number}`, [{ path: `data.t${number}`, logic: { preserve: makeResult(number) } }])),
    mapTask("items", [{ path: "data.results", logic: { map: [{ var: "data.doc.list" }, story.jsonLogic] } }]),
    mapTask("count", [{ path: "data.count", logic: { reduce: [{ var: "data.results" }, { "+": [{ var: "accumulator" }, one] }, 0] } }]),
  ]);
  const payload = JSON.stringify({ list: story.makeList(itemCount) });
  return {
    async run(count) {
      for (let done = 0; done < count; done += itemCount) await engine.process(payload);
    },
    answer: async () => (await engine.answer(payload)).context.data.count,
  };
}
