// The fuzz targets by the names that the command takes.
import type { FuzzTarget } from "./fuzzer.js";
import { historyTarget } from "./histories.js";
import { importTarget } from "./imports.js";
import { messagesTarget } from "./messages.js";
import { programsTarget } from "./programs.js";
import { runsTarget } from "./runs.js";
import { parserTarget } from "./texts.js";
import { valuesTarget } from "./values.js";

const KERNEL_TARGETS = [programsTarget, valuesTarget, runsTarget] as const;

export const TARGETS: Readonly<Record<string, readonly FuzzTarget[]>> = {
  parser: [parserTarget],
  programs: [programsTarget],
  values: [valuesTarget],
  runs: [runsTarget],
  import: [importTarget],
  history: [historyTarget],
  messages: [messagesTarget],
  kernel: KERNEL_TARGETS,
  all: [parserTarget, ...KERNEL_TARGETS, importTarget, historyTarget, messagesTarget],
};
