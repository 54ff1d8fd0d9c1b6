import { describe, expect, test } from "vitest";
import {
  DECLARATION_DEPTH_MAX,
  type JsonSchema,
  readDeclaration,
  SCHEMA_PART_COUNT_MAX,
  schemaToType,
  type TypeDeclaration,
} from "../../../src/expression/checker/declaration.js";
import { formatType } from "../../../src/expression/checker/type.js";
import { VariableSet } from "../../../src/expression/checker/variable-set.js";
import { WorkflowError } from "../../../src/model/errors.js";

describe("declarations", () => {
  test.each<[TypeDeclaration, string]>([
    ["any", "dyn"],
    ["list", "list(dyn)"],
    ["map(string, list(int))", "map(string, list(int))"],
    ["optional_type(net.IP)", "optional_type(net.IP)"],
    [{ map: ["int", { optional: "string" }] }, "map(int, optional_type(string))"],
    [{ nullable: "int" }, "wrapper(int)"],
    [{ abstract: "tuple", params: [{ param: "T" }, { param: "T" }] }, "tuple(dyn, dyn)"],
    [{ fields: { a: "int" } }, "object"],
    ["type", "type"],
  ])("%o is %s", (declaration, expected) => {
    expect(formatType(readDeclaration(declaration))).toBe(expected);
  });

  test.each(["strng", "list(strng)", "list(", "map(string int)", "", "int)", "int x"])("%j is none", (text) => {
    let failure: unknown;
    try {
      new VariableSet({ total: text }, false);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(WorkflowError);
    expect(failure).toMatchObject({ code: "expression/invalid-declaration", details: { name: "total" } });
  });

  test("deeper than the limit is any", () => {
    let declaration: TypeDeclaration = "int";
    for (let depth = 0; depth < DECLARATION_DEPTH_MAX; depth += 1) declaration = { list: declaration };
    expect(formatType(readDeclaration(declaration))).toContain("(int)");
    expect(formatType(readDeclaration({ list: declaration }))).toContain("(dyn)");
  });
});

describe("JSON Schema", () => {
  test.each<[JsonSchema, TypeDeclaration]>([
    [true, "any"],
    [{}, "any"],
    [{ type: "string", format: "date-time" }, "string"],
    [{ type: "integer" }, "number"],
    [{ type: ["number", "null"] }, { nullable: "number" }],
    [{ type: ["integer", "number"] }, "number"],
    [{ type: ["string", "number"] }, "any"],
    [{ const: "a" }, "string"],
    [{ enum: [1, 2, null] }, { nullable: "number" }],
    [{ enum: ["a", 1] }, "any"],
    [{ type: "array", items: { type: "boolean" } }, { list: "bool" }],
    [{ items: { type: "string" } }, { list: "string" }],
    [{ type: "array", items: [{ type: "string" }] }, { list: "any" }],
    [{ type: "object" }, { map: ["string", "any"] }],
    [{ type: "object", additionalProperties: { type: "number" } }, { map: ["string", "number"] }],
    [
      { type: "object", additionalProperties: false },
      { fields: {}, rest: false },
    ],
    [
      { title: "user", type: "object", properties: { name: { type: "string" } }, additionalProperties: false },
      { name: "user", fields: { name: "string" }, rest: false },
    ],
    [{ properties: { a: { type: "null" } } }, { fields: { a: "null" }, rest: "any" }],
    [{ anyOf: [{ type: "string" }, { type: "null" }] }, { nullable: "string" }],
    [{ oneOf: [{ type: "string" }, { type: "number" }] }, "any"],
    [
      { allOf: [{ properties: { a: { type: "string" } } }, { properties: { b: { type: "number" } } }], description: "both" },
      { fields: { a: "string", b: "number" } },
    ],
    [{ $ref: "#/$defs/id", $defs: { id: { type: "string" } } }, "string"],
    [{ $ref: "#/$defs/a~1b%25", $defs: { "a/b%": { type: "string" } } }, "string"],
    [{ $ref: "#/$defs/%", $defs: { "%": { type: "string" } } }, "string"],
    [{ $ref: "https://example.com/schema" }, "any"],
    [{ $ref: "#/none" }, "any"],
    [{ $ref: "#" }, "any"],
  ])("%j", (schema, expected) => {
    expect(schemaToType(schema)).toEqual(expected);
  });

  test("a schema that holds itself ends in any", () => {
    const tree: JsonSchema = {
      type: "object",
      properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
    };
    expect(schemaToType(tree)).toEqual({ fields: { name: "string", children: { list: "any" } }, rest: "any" });
  });

  test("own properties only", () => {
    const schema = JSON.parse('{"properties": {"__proto__": {"type": "string"}}}') as JsonSchema;
    const type = readDeclaration(schemaToType(schema));
    expect([...(type.fields?.keys() ?? [])]).toEqual(["__proto__"]);
    expect(schemaToType({ $ref: "#/constructor" })).toBe("any");
  });

  test("a schema that multiplies through references has a limit", () => {
    const $defs: Record<string, JsonSchema> = { d0: { type: "string" } };
    for (let level = 1; level <= 20; level += 1) {
      const $ref = `#/$defs/d${level - 1}`;
      $defs[`d${level}`] = { type: "object", properties: { left: { $ref }, right: { $ref } } };
    }
    const text = JSON.stringify(schemaToType({ $ref: "#/$defs/d20", $defs }));
    expect(text.split('"any"').length).toBeLessThan(SCHEMA_PART_COUNT_MAX * 3);
  });
});
