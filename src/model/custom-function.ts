// Functions and constants that an embedder gives to expressions: how they are declared, and what stands for one of them
// once it is compiled into a program. Nobody here knows how types are read.

/** A function's code. Gets its arguments as results of expressions come out, and gives a value of its declared type. */
export type CustomCode = (...values: any[]) => unknown;

/**
 * Functions by signature: `"score(string, list(int)) -> double"`, `"geo.distance(double, double) -> double"`, or for a method
 * `"string.slug() -> string"`. Several signatures may share a name. A function must be pure (the same for the same arguments,
 * whenever it is called, and nothing else), give its result at once, and get another `version` when it gives other results.
 * Without one its version is "1".
 */
export type CustomFunctions = Readonly<Record<string, CustomCode | { readonly version?: string | number; readonly call: CustomCode }>>;

/** Constants by name. `type` in CEL's notation: `"double"`, `"list(string)"`. The value is read once. */
export type CustomConstants = Readonly<Record<string, { readonly type: string; readonly value: unknown }>>;

/** A function or a constant that a program uses: part of what the program is. */
export interface CustomUse {
  /** A function's signature, or a constant's name and type. */
  readonly name: string;
  readonly version: string;
}

/** All functions of one name, as the kernel calls them. */
export interface CustomFunction {
  readonly name: string;
  /**
   * Calls the one whose parameters take these arguments: `count` wire values in `bytes`, one after the other. Gives the
   * result's wire form.
   * @throws WorkflowError `expression/no-such-overload`, `expression/function-failed`
   */
  call(bytes: Uint8Array, count: number): Uint8Array;
}
