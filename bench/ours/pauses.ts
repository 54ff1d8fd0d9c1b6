// A run that is paused and goes on, time after time: one that awaits an event, or one with tasks under way.
import type { Engine } from "../../src/model/engine.js";
import type { LoadOf, Subject } from "../subject.js";
import type { EnginePlace } from "./task-graphs.js";

const RESTING = `millrace: 1
name: resting
tasks:
  only: {action: await, event: go}
`;
const BUSY = `millrace: 1
name: busy
input: {list: list}
tasks:
  only: {with: "{{ input.list }}", action: work, input: "{{ item }}"}
`;

async function openEngine(place: EnginePlace): Promise<Engine> {
  const { createEngine } = await (place === "worker" ? import("../../src/doors/index.js") : import("../../src/doors/local.js"));
  return createEngine({ store: "memory", durability: "none", tasks: { work: () => new Promise(() => undefined) } });
}

export async function openPauses({ openTaskCount }: LoadOf<"pause">, place: EnginePlace): Promise<Subject> {
  const engine = await openEngine(place);
  const workflow = await engine.load(openTaskCount === 0 ? RESTING : BUSY);
  const { id } = await engine.start(workflow, openTaskCount === 0 ? {} : { list: Array.from({ length: openTaskCount }, (_, index) => index) });
  const perform = async (): Promise<readonly string[]> => [await engine.pause(id), await engine.resume(id)];
  return {
    async run(count) {
      for (let done = 0; done < count; done += 1) await perform();
    },
    answer: perform,
    close: () => engine.close(),
  };
}
