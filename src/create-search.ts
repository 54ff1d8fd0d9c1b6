// Joins workflows that declare searchable values with expressions: a library whose workflows can compute them.
import { compileExpression, evaluateWire, loadExpressions, type LoadExpressionsOptions } from "./create-expressions.js";
import type { SearchDefinition } from "./model/definition.js";
import type { LibraryPort, LoadedWorkflow, SearchFields, SearchPort } from "./model/ports.js";
import { toSearchValue } from "./model/search-value.js";

/** `input` is a map; of an output nothing is known. */
const VARIABLES = { input: { input: "map" }, output: { output: "any" } } as const;

/** Loads the kernel for expressions with the first workflow that declares something searchable. */
export function createSearchLibrary(library: LibraryPort, options: LoadExpressionsOptions): LibraryPort {
  const ports = new WeakMap<LoadedWorkflow, LoadedWorkflow>();
  return {
    async load(source, name, zones) {
      const workflow = await library.load(source, name, zones);
      const { search = [] } = workflow.program.definition;
      if (search.length === 0) return workflow;
      await loadExpressions(options);
      let searchable = ports.get(workflow);
      if (searchable === undefined) {
        searchable = { ...workflow, search: createSearch(search) };
        ports.set(workflow, searchable);
      }
      return searchable;
    },
    versionOf: (custom) => library.versionOf(custom),
  };
}

function createSearch(search: readonly SearchDefinition[]): SearchPort {
  const read = (from: SearchDefinition["from"]): ((wire: Uint8Array) => SearchFields) => {
    const expressions = search
      .filter((each) => each.from === from)
      .map(({ name, expression: { text } }) => ({ name, expression: compileExpression(text, { variables: VARIABLES[from] }) }));
    return (wire) => {
      // A name may be `__proto__`.
      const fields: [string, string | number | boolean][] = [];
      for (const { name, expression } of expressions) {
        const value = toSearchValue(evaluate(() => evaluateWire(expression, from, wire)));
        if (value !== undefined) fields.push([name, value]);
      }
      return Object.fromEntries(fields);
    };
  };
  return { readInput: read("input"), readOutput: read("output") };
}

/** What fails is not there, whatever the reason: a run does not fail by what it is looked for by. */
function evaluate(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
