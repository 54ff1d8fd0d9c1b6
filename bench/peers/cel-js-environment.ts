// Declares variables to @marcbachmann/cel-js, and makes contexts of the classes that it wants to see objects of declared
// types in.
import { Environment } from "@marcbachmann/cel-js";
import type { BenchType, Context } from "../contexts.js";

export interface CelJsEnvironment {
  readonly environment: Environment;
  /** The same context with its objects as instances of the declared classes. */
  readonly adapt: (context: Context) => Context;
}

/** Every name is a variable of unknown type. */
export function makeDynamicEnvironment(): CelJsEnvironment {
  return { environment: new Environment({ unlistedVariablesAreDyn: true }), adapt: (context) => context };
}

/** `intType`: `int` where integers come as bigints, `double` where they come as numbers. */
export function makeTypedEnvironment(variables: Readonly<Record<string, BenchType>>, intType: "int" | "double"): CelJsEnvironment {
  const environment = new Environment();
  const adapters = Object.entries(variables).map(([name, type]) => {
    const declared = declareType(environment, type, intType);
    environment.registerVariable(name, declared.name);
    return [name, declared.adapt] as const;
  });
  return {
    environment,
    adapt: (context) => Object.fromEntries(adapters.map(([name, adapt]) => [name, adapt(context[name])])),
  };
}

interface DeclaredType {
  readonly name: string;
  readonly adapt: (value: unknown) => unknown;
}

function declareType(environment: Environment, type: BenchType, intType: string): DeclaredType {
  if (typeof type === "string") {
    const name = type === "timestamp" ? "google.protobuf.Timestamp" : type === "int" ? intType : type;
    return { name, adapt: (value) => value };
  }
  if ("list" in type) {
    const item = declareType(environment, type.list, intType);
    return { name: `list<${item.name}>`, adapt: (value) => (Array.isArray(value) ? value.map(item.adapt) : value) };
  }
  const ctor = class {};
  const fields = Object.entries(type.fields).map(([field, inner]) => [field, declareType(environment, inner, intType)] as const);
  const name = `Object${nextClass()}`;
  environment.registerType(name, { ctor, fields: Object.fromEntries(fields.map(([field, inner]) => [field, inner.name])) });
  return { name, adapt: (value) => adaptObject(value, ctor, fields) };
}

let classCount = 0;
function nextClass(): number {
  classCount += 1;
  return classCount;
}

function adaptObject(value: unknown, ctor: new () => object, fields: readonly (readonly [string, DeclaredType])[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  const instance = Object.assign(new ctor(), value) as Record<string, unknown>;
  for (const [name, { adapt }] of fields) if (name in instance) instance[name] = adapt(instance[name]);
  return instance;
}
