// Who takes part where every expression is evaluated in every way. Each is a module of its own, fetched when it is opened.
import type { SubjectTable } from "../subject.js";
import type { WayLoad } from "../ways.js";

export const WAY_SUBJECTS: SubjectTable<WayLoad> = {
  "batch, tier 0": async (load) => (await import("../ours/ways.js")).openBatchWay(load, 0),
  "batch, tier 1": async (load) => (await import("../ours/ways.js")).openBatchWay(load, 1),
  resident: async (load) => (await import("../ours/ways.js")).openResidentWay(load, 0),
  "resident, tier 1": async (load) => (await import("../ours/ways.js")).openResidentWay(load, 1),
  "plain object": async (load) => (await import("../ours/ways.js")).openPlainWay(load),
  "hand-written JS": async (load) => (await import("../peers/ways/hand-written.js")).openHandWritten(load),
  "new Function": async (load) => (await import("../peers/ways/hand-written.js")).openNewFunction(load),
  "@marcbachmann/cel-js, dynamic": async (load) => (await import("../peers/ways/cel-js-marcbachmann.js")).openMarcbachmann(load, "dynamic"),
  "@marcbachmann/cel-js, typed": async (load) => (await import("../peers/ways/cel-js-marcbachmann.js")).openMarcbachmann(load, "typed"),
  "@bufbuild/cel": async (load) => (await import("../peers/ways/bufbuild-cel.js")).openBufbuild(load),
  "cel-js": async (load) => (await import("../peers/ways/cel-js-chromegg.js")).openChromeGg(load),
  "json-logic-engine": async (load) => (await import("../peers/ways/json-logic.js")).openJsonLogic(load),
  "json-logic-engine, compiled": async (load) => (await import("../peers/ways/json-logic.js")).openCompiledJsonLogic(load),
  jexl: async (load) => (await import("../peers/ways/jexl.js")).openJexl(load),
  jsonata: async (load) => (await import("../peers/ways/jsonata.js")).openJsonata(load),
  filtrex: async (load) => (await import("../peers/ways/filtrex.js")).openFiltrex(load),
};
