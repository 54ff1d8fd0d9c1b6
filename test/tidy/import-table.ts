// The house as data: which room may import which. Every permitted room is on a lower floor; `test/tidy.test.ts` enforces it.

/** One room: the files it holds and the rooms they may import besides their own. */
export interface Room {
  readonly name: string;
  /** Matches paths relative to the project's root. The first room whose pattern matches owns the file. */
  readonly files: RegExp;
  readonly imports: readonly string[];
  /** Narrows an import to some files of that room. */
  readonly narrowed?: Readonly<Record<string, RegExp>>;
}

const ground = ["base"];
const shellRooms = ["base", "model", "metrics", "expression", "format", "kernel", "portable", "engine", "tasks", "store", "tabs", "compile", "library", "analysis"];
const createRooms = ["create-run-filters", "create-search", "create-engine", "create-expressions", "create-editor", "create-transition", "create-plain-call"];
const workerRooms = ["worker", "worker-host"];

/** From the ground up. `abi` is the one file that both compilers read. */
export const rooms: readonly Room[] = [
  { name: "abi", files: /^assembly\/abi\.ts$/, imports: [] },
  { name: "assembly", files: /^assembly\//, imports: ["abi"] },
  { name: "base", files: /^src\/base\//, imports: [] },
  { name: "model", files: /^src\/model\//, imports: [...ground, "abi"] },
  { name: "metrics", files: /^src\/metrics\//, imports: ground },
  { name: "expression", files: /^src\/expression\//, imports: [...ground, "model", "abi"] },
  {
    name: "format",
    files: /^src\/format\//,
    imports: [...ground, "model", "expression"],
    // A format reads expressions; it neither checks nor emits them.
    narrowed: { expression: /^src\/expression\/(?!.*(emit|check|code|function-table|column|generat|disassembl))[a-z-]*\.ts$/ },
  },
  { name: "kernel", files: /^src\/kernel\//, imports: [...ground, "model", "abi"] },
  { name: "portable", files: /^src\/portable\//, imports: [...ground, "model"] },
  { name: "engine", files: /^src\/engine\//, imports: [...ground, "model", "metrics", "portable"] },
  { name: "tasks", files: /^src\/tasks\//, imports: [...ground, "model"] },
  { name: "store", files: /^src\/store\//, imports: [...ground, "model"] },
  { name: "tabs", files: /^src\/tabs\//, imports: [...ground, "model"] },
  { name: "compile", files: /^src\/compile\//, imports: [...ground, "model", "expression", "abi"] },
  { name: "library", files: /^src\/library\//, imports: [...ground, "format", "compile", "model", "metrics"] },
  { name: "analysis", files: /^src\/analysis\//, imports: [...ground, "model", "expression", "format", "compile"] },
  { name: "create-plain-call", files: /^src\/create-plain-call\.ts$/, imports: [...shellRooms, "abi"] },
  { name: "create-expressions", files: /^src\/create-expressions\.ts$/, imports: [...shellRooms, "create-plain-call", "abi"] },
  { name: "create-editor", files: /^src\/create-editor\.ts$/, imports: [...shellRooms, "create-expressions", "abi"] },
  { name: "create-run-filters", files: /^src\/create-run-filters\.ts$/, imports: [...shellRooms, "create-expressions"] },
  { name: "create-search", files: /^src\/create-search\.ts$/, imports: [...shellRooms, "create-expressions"] },
  { name: "create-engine", files: /^src\/create-engine\.ts$/, imports: [...shellRooms, "create-run-filters", "create-search", "abi"] },
  { name: "create-transition", files: /^src\/create-transition\.ts$/, imports: shellRooms },
  { name: "testing", files: /^src\/testing\//, imports: [...shellRooms, ...createRooms, "abi"] },
  { name: "worker-host", files: /^src\/worker\/(host|entry)[a-z-]*\.ts$/, imports: [...ground, "model", "metrics", "abi", "worker", "create-engine"] },
  { name: "worker", files: /^src\/worker\//, imports: [...ground, "model", "metrics", "abi"] },
  { name: "door-testing", files: /^src\/doors\/testing\.ts$/, imports: [...shellRooms, ...createRooms, "testing", "abi"] },
  { name: "doors", files: /^src\/doors\//, imports: [...shellRooms, ...createRooms, ...workerRooms, "abi"] },
  { name: "web", files: /^web\//, imports: ["doors", "door-testing"] },
  // A micro-benchmark may open rooms.
  { name: "bench", files: /^bench\//, imports: ["doors", "door-testing", ...shellRooms, ...createRooms, "abi", "scripts"] },
  { name: "test", files: /^test\//, imports: ["*"] },
  { name: "scripts", files: /^(scripts\/|[a-z.-]+\.config\.ts$)/, imports: ["*"] },
];

/** Packages that only one room may import. */
export const singleDoorPackages: Readonly<Record<string, string>> = { idb: "store", "@bokuweb/zstd-wasm": "store", comlink: "worker" };

/** Packages that src/ may import at all: they are bundled into what is published. */
export const bundledPackages: readonly string[] = ["@bokuweb/zstd-wasm", "idb", "comlink", "yaml"];

/** Names of the platform that only some files may say. */
export const singleDoorNames: readonly { readonly name: string; readonly files: RegExp }[] = [
  { name: "WebAssembly", files: /^src\/(kernel\/|model\/engine\.ts$)/ },
  { name: "BroadcastChannel", files: /^src\/tabs\// },
  { name: "locks", files: /^src\/tabs\// },
  { name: "LockManager", files: /^src\/tabs\// },
];

/** The files that may import Node's own modules: the browser builds never read them. */
export const nodeFiles = /^src\/(kernel\/bytes|store\/pack-codec)-node\.ts$/;

export const fileLinesMax = 600;
export const functionLinesMax = 70;

/** Files that may be longer, each with its reason. */
export const longFiles: readonly { readonly path: string; readonly linesMax: number; readonly reason: string }[] = [
  { path: "assembly/abi.ts", linesMax: 900, reason: "both compilers read this one file, and every number that they share stands in it" },
];

/** Functions that may be longer, each with its reason. */
export const longFunctions: readonly { readonly path: string; readonly name: string; readonly linesMax: number; readonly reason: string }[] = [
  { path: "assembly/evaluate.ts", name: "evaluate", linesMax: 260, reason: "the machine's one dispatch loop: a call for each instruction would double its cost" },
];

/** Words that name nothing; see the glossary. */
export const emptyWords: readonly string[] = ["job", "process", "flow", "manager", "helper", "helpers", "util", "utils", "data", "info"];
