// Time zones of workflows: the tables that a run began with are recorded with its workflow, and it goes on with them wherever
// it is taken up, beside runs that began with others.
import { afterEach, expect, test } from "vitest";
import { readTimeZone, type TimeZone } from "../../../src/base/time-zone.js";
import { compileWorkflow } from "../../../src/compile/compile-workflow.js";
import { parseWorkflow } from "../../../src/format/parse-workflow.js";
import { createKernelFactory } from "../../../src/kernel/kernel-factory.js";
import { ZONE_COUNT_MAX } from "../../../src/kernel/zones.js";
import { createLibrary } from "../../../src/library/library.js";
import type { LibraryPort } from "../../../src/model/ports.js";
import { type Bench, markdown, openBench, readEvents } from "./harness.js";

let bench: Bench;
afterEach(() => bench.engine.close());

const TEXT = markdown("[*] --> A\nA --> A: ask / set hours = hours + [at.getHours('Europe/Berlin')]\nA --> [*]: end", {
  head: "events: [ask, end]\nparameters:\n  - { name: at, type: timestamp }\nvariables:\n  hours: { type: list, initial: [] }",
});
const AT = new Date("2026-07-15T12:00:00Z");

/** A machine with other knowledge of zones than this one's. */
function createOtherLibrary(zones: readonly TimeZone[]): LibraryPort {
  const library = createLibrary();
  return { ...library, load: (source, name, given) => library.load(source, name, given ?? zones) };
}

const elsewhere = createOtherLibrary([{ name: "Europe/Berlin", starts: [0], offsets: [7 * 3600] }]);

async function ask(runId: string): Promise<void> {
  expect((await bench.engine.send(runId, "ask")).status).toBe("taken");
}

async function hoursOf(runId: string): Promise<unknown> {
  return (await (await bench.engine.runs.get(runId)).context())["hours"];
}

test("a run goes on with the tables that it began with, in another browser and beside runs of that one", async () => {
  bench = await openBench({ libraryPort: elsewhere });
  const old = await bench.engine.start(await bench.engine.load(TEXT), { at: AT });
  await ask(old.id);
  bench = await bench.reopen({ libraryPort: createLibrary() });
  await ask(old.id);
  const fresh = await bench.engine.start(await bench.engine.load(TEXT), { at: AT });
  for (const runId of [fresh.id, old.id, fresh.id]) await ask(runId);
  expect(await hoursOf(old.id)).toEqual([19, 19, 19]);
  expect(await hoursOf(fresh.id)).toEqual([14, 14]);
  const story = await readEvents(await ended(old.id));
  bench = await bench.reopen({ libraryPort: createLibrary() });
  expect(await readEvents(await bench.engine.runs.get(old.id))).toEqual(story);
  expect(await (await bench.engine.runs.get(old.id)).result).toMatchObject({ hours: [19, 19, 19] });
});

async function ended(runId: string) {
  await bench.engine.send(runId, "end");
  return bench.engine.runs.get(runId);
}

test("a zone that was unknown where a run began stays unknown to it", async () => {
  bench = await openBench({ libraryPort: createOtherLibrary([]) });
  const run = await bench.engine.start(await bench.engine.load(TEXT), { at: AT });
  bench = await bench.reopen({ libraryPort: createLibrary() });
  await bench.engine.send(run.id, "ask");
  expect((await (await bench.engine.runs.get(run.id)).record()).error).toMatchObject({ details: { cause: "invalid-argument", name: "Europe/Berlin" } });
});

test("tables belong to the identity of the workflows that name a zone, and to no other", async () => {
  const plain = markdown("[*] --> A\nA --> [*]", { name: "plain" });
  const [here, there] = [createLibrary(), elsewhere];
  expect((await here.load(plain)).identity).toBe((await createOtherLibrary([]).load(plain)).identity);
  const [first, second] = [await here.load(TEXT), await there.load(TEXT)];
  expect(first.identity).not.toBe(second.identity);
  expect(first.program.zones).toEqual([readTimeZone("Europe/Berlin")]);
  expect((await here.load(TEXT, undefined, second.program.zones)).identity).toBe(second.identity);
  const fixed = await here.load(TEXT.replace("Europe/Berlin", "UTC"));
  expect(fixed.program.zones).toEqual([]);
});

test("whoever compiles a definition gets the tables of what it names, or those that he gives", () => {
  const { definition } = parseWorkflow(TEXT);
  expect(compileWorkflow(definition, "").program?.zones).toEqual([readTimeZone("Europe/Berlin")]);
  const given = [{ name: "Europe/Berlin", starts: [0], offsets: [0] }];
  expect(compileWorkflow(definition, "", undefined, given).program?.zones).toBe(given);
  expect(compileWorkflow(definition, "", undefined, []).program?.zones).toEqual([]);
});

test("tables go with their programs: the kernel may load any number of them, not any number at a time", async () => {
  bench = await openBench();
  const { program } = await createLibrary().load(TEXT);
  const kernel = await createKernelFactory()({});
  for (let index = 0; index < ZONE_COUNT_MAX * 1.2; index += 1) kernel.unloadProgram(kernel.loadProgram(program));
  const { sizeBytes } = kernel.statistics();
  for (let index = 0; index < 1_000; index += 1) kernel.unloadProgram(kernel.loadProgram(program));
  expect(kernel.statistics()).toMatchObject({ sizeBytes, programCount: 0 });
  const tiny = { ...program, zones: Array.from({ length: ZONE_COUNT_MAX }, (_, index) => ({ name: `zone ${index}`, starts: [0], offsets: [0] })) };
  const full = kernel.loadProgram(tiny);
  expect(() => kernel.loadProgram(program)).toThrow(expect.objectContaining({ code: "kernel/limit" }));
  kernel.unloadProgram(full);
  expect(kernel.loadProgram(program)).toBeGreaterThan(0);
  expect(kernel.statistics().programCount).toBe(1);
});
