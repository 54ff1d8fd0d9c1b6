// What an embedder's module of functions looks like: the worker imports it.
export const functions = {
  "string.slug() -> string": { version: 1, call: (text) => text.toLowerCase().replaceAll(" ", "-") },
};
