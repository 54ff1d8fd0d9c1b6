// Who takes part in the scenarios of whole runs. Each is a module of its own, fetched when it is opened.
import type { Durability } from "../../src/model/engine.js";
import type { LoadOf, Subject, SubjectTable } from "../subject.js";

type RunLoad = LoadOf<"run">;

export const RUN_SUBJECTS: SubjectTable<RunLoad> = {
  "worker, relaxed": (load) => openInWorker(load, "relaxed"),
  "worker, none": (load) => openInWorker(load, "none"),
  "engine, relaxed": (load) => openInThread(load, "relaxed"),
};

async function openInWorker(load: RunLoad, durability: Durability): Promise<Subject> {
  const { createEngine } = await import("../../src/doors/index.js");
  const { openThreeSteps } = await import("../ours/three-steps.js");
  return openThreeSteps((tasks) => createEngine({ tasks, durability, name: `worker-${durability}` }), load);
}

async function openInThread(load: RunLoad, durability: Durability): Promise<Subject> {
  const { createEngine } = await import("../../src/doors/local.js");
  const { openThreeSteps } = await import("../ours/three-steps.js");
  return openThreeSteps((tasks) => createEngine({ tasks, durability, name: `thread-${durability}` }), load);
}
