// The forms that random programs are made of: for each type, ways to come by a value of it. In a template `‹int:5›` is an
// expression of that type that binds at least so tightly (1 ternary, 2 or, 3 and, 4 relation, 5 sum, 6 product, 7 sign,
// 8 member; without a number: any), and `«int»` a new variable that the rest of the template may use (`«int;»`: what comes after the
// next expression). A form that a peer does not have at all names the other.
import type { PeerName } from "./peers.js";

export interface Form {
  /** Type of what it gives. */
  readonly type: string;
  readonly level: number;
  readonly template: string;
  /** Who knows the form; undefined: both. */
  readonly peer?: PeerName;
}

/** Types that lists and maps are made of, and variables have. */
export const ITEM_TYPES = ["int", "uint", "double", "string", "bool"] as const;
export const TYPES: readonly string[] = [
  "bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "null",
  ...ITEM_TYPES.map((type) => `list(${type})`), "list(list(int))", "map(string, int)", "map(string, string)", "map(int, string)", "map(bool, int)", "map(string, list(int))",
];

const ORDERED = ["int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration"];
const RELATIONS = ["==", "!=", "<", "<=", ">", ">="];
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
const OFFSETS = ["+02:00", "-03:30"];

const forms: Form[] = [];
const add = (type: string, level: number, template: string, peer?: PeerName) => forms.push({ type, level, template, ...(peer !== undefined && { peer }) });

for (const type of TYPES) {
  add(type, 1, `‹bool:2› ? ‹${type}:2› : ‹${type}:1›`);
  if (type !== "null") add("bool", 4, `‹${type}:4› == ‹${type}:5›`);
  add("bool", 4, `dyn(‹${type}›) != dyn(‹any›)`);
  add(type, 8, `cel.bind(«${type};», ‹${type}›, ‹${type}›)`, "marcbachmann");
  add(type, 8, `optional.of(‹${type}›).orValue(‹${type}›)`, "marcbachmann");
}
for (const type of ITEM_TYPES) {
  const list = `list(${type})`;
  add(type, 8, `‹${list}:8›[‹int›]`);
  add(list, 8, `[‹${type}›]`);
  add(list, 8, `[‹${type}›, ‹${type}›, ‹${type}›]`);
  add(list, 5, `‹${list}:5› + ‹${list}:6›`);
  add(list, 8, `‹${list}:8›.filter(«${type}», ‹bool›)`);
  add("bool", 4, `‹${type}:4› in ‹${list}:5›`);
  for (const macro of ["all", "exists", "exists_one"]) add("bool", 8, `‹${list}:8›.${macro}(«${type}», ‹bool›)`);
  for (const other of ["int", "string", "bool"]) {
    add(`list(${other})`, 8, `‹${list}:8›.map(«${type}», ‹${other}›)`);
    add(`list(${other})`, 8, `‹${list}:8›.map(«${type}», ‹bool›, ‹${other}›)`);
  }
  add("int", 8, `size(‹${list}›)`);
  add("int", 8, `‹${list}:8›.size()`);
}
for (const type of ORDERED) {
  // @marcbachmann/cel-js has no order of bytes and bools.
  const peer = type === "bytes" || type === "bool" ? "bufbuild" : undefined;
  for (const relation of RELATIONS) add("bool", 4, `‹${type}:4› ${relation} ‹${type}:5›`, relation.includes("=") && relation.length === 2 && "!=".includes(relation[0] ?? "") ? undefined : peer);
}
for (const type of ["int", "uint", "double"]) {
  for (const [operator, level] of [["+", 5], ["-", 5], ["*", 6], ["/", 6]] as const) add(type, level, `‹${type}:${level}› ${operator} ‹${type}:${level + 1}›`);
  for (const other of ["int", "uint", "double"]) {
    add("bool", 4, `dyn(‹${type}›) ${"=="} ‹${other}:5›`);
    for (const relation of ["<", ">="]) add("bool", 4, `dyn(‹${type}›) ${relation} ‹${other}:5›`);
    // @marcbachmann/cel-js makes no int of a uint.
    add(type, 8, `${type}(‹${other}›)`, type === "int" && other === "uint" ? "bufbuild" : undefined);
  }
  add(type, 8, `${type}(‹string›)`);
  add("string", 8, `string(‹${type}›)`);
}
add("int", 6, "‹int:6› % ‹int:7›");
add("uint", 6, "‹uint:6› % ‹uint:7›");
add("int", 7, "-‹int:8›");
add("double", 7, "-‹double:8›");

// Booleans.
add("bool", 7, "!‹bool:8›");
for (let times = 0; times < 4; times += 1) {
  add("bool", 3, "‹bool:3› && ‹bool:4›");
  add("bool", 2, "‹bool:2› || ‹bool:3›");
}
add("bool", 3, "‹bool:4› && ‹bool:4› && ‹bool:4›");
add("bool", 2, "‹bool:3› || ‹bool:3› || ‹bool:3›");
add("bool", 8, "bool(‹string›)");
add("bool", 4, "type(‹any›) == ‹type:5›");
add("bool", 3, "‹int:4› > 1 && 10 / ‹int:7› > 2");

// Texts and bytes.
add("string", 5, "‹string:5› + ‹string:6›");
add("bytes", 5, "‹bytes:5› + ‹bytes:6›");
add("string", 8, "string(‹bool›)", "bufbuild");
add("string", 8, "string(‹bytes›)");
add("bytes", 8, "bytes(‹string›)");
add("int", 8, "size(‹string›)");
add("int", 8, "‹string:8›.size()");
add("int", 8, "size(‹bytes›)");
for (const method of ["contains", "startsWith", "endsWith"]) add("bool", 8, `‹string:8›.${method}(‹string›)`);
add("bool", 8, "‹string:8›.matches('^[a-c]+$')");
add("bool", 8, "‹string:8›.matches(r'(a|b)*\\d')");
for (const method of ["lowerAscii", "upperAscii", "trim"]) add("string", 8, `‹string:8›.${method}()`);
add("string", 8, "‹string:8›.charAt(‹int›)", "bufbuild");
add("string", 8, "‹string:8›.replace(‹string›, ‹string›)", "bufbuild");
add("string", 8, "‹string:8›.replace(‹string›, ‹string›, ‹int›)", "bufbuild");
add("string", 8, "‹string:8›.substring(‹int›)");
add("string", 8, "‹string:8›.substring(‹int›, ‹int›)");
add("int", 8, "‹string:8›.indexOf(‹string›)");
add("int", 8, "‹string:8›.indexOf(‹string›, ‹int›)");
add("int", 8, "‹string:8›.lastIndexOf(‹string›)");
add("int", 8, "‹string:8›.lastIndexOf(‹string›, ‹int›)");
add("list(string)", 8, "‹string:8›.split(‹string›)");
add("list(string)", 8, "‹string:8›.split(‹string›, ‹int›)");
add("string", 8, "‹list(string):8›.join()");
add("string", 8, "‹list(string):8›.join(‹string›)");
add("string", 8, "strings.quote(‹string›)", "bufbuild");
add("string", 8, "'%s|%d|%x'.format([‹string›, ‹int›, ‹int›])", "bufbuild");
add("string", 8, "'%s %s %b'.format([‹list(int)›, ‹bool›, ‹uint›])", "bufbuild");

// Lists and maps.
add("list(list(int))", 8, "[‹list(int)›, ‹list(int)›]");
add("list(int)", 8, "‹list(list(int)):8›[‹int›]");
add("bool", 8, "‹list(list(int)):8›.exists(«list(int)», ‹bool›)");
add("list(int)", 8, "‹list(list(int)):8›.map(«list(int)», ‹int›)");
add("int", 8, "‹map(string, int):8›[‹string›]");
add("int", 8, "‹map(string, int):8›.a");
add("string", 8, "‹map(string, string):8›.key");
add("string", 8, "‹map(int, string):8›[‹int›]");
add("int", 8, "‹map(bool, int):8›[‹bool›]");
add("list(int)", 8, "‹map(string, list(int)):8›.b");
add("bool", 8, "has(‹map(string, int) variable›.a)");
add("bool", 8, "has(‹map(string, string) variable›.none)");
add("bool", 4, "‹string:4› in ‹map(string, int):5›");
add("bool", 4, "‹int:4› in ‹map(int, string):5›");
add("int", 8, "size(‹map(string, int)›)");
add("map(string, int)", 8, "{'a': ‹int›, 'b': ‹int›}");
add("map(string, int)", 8, "{‹string›: ‹int›, ‹string›: ‹int›}");
add("map(string, string)", 8, "{'key': ‹string›}");
// Maps of @marcbachmann/cel-js have strings for keys.
add("map(int, string)", 8, "{‹int›: ‹string›, ‹int›: ‹string›}", "bufbuild");
add("map(bool, int)", 8, "{‹bool›: ‹int›}", "bufbuild");
add("map(string, list(int))", 8, "{'b': ‹list(int)›}");
for (const macro of ["all", "exists", "exists_one"]) add("bool", 8, `‹map(string, int):8›.${macro}(«string», ‹bool›)`, "bufbuild");
add("list(string)", 8, "‹map(string, int):8›.filter(«string», ‹bool›)", "bufbuild");
add("list(int)", 8, "‹map(string, int):8›.map(«string», ‹int›)", "bufbuild");

// Time.
add("timestamp", 5, "‹timestamp:5› + ‹duration:6›");
add("timestamp", 5, "‹duration:5› + ‹timestamp:6›", "bufbuild");
add("timestamp", 5, "‹timestamp:5› - ‹duration:6›");
add("duration", 5, "‹timestamp:5› - ‹timestamp:6›");
add("duration", 5, "‹duration:5› + ‹duration:6›");
add("duration", 5, "‹duration:5› - ‹duration:6›");
add("int", 8, "int(‹timestamp›)", "bufbuild");
add("string", 8, "string(‹timestamp›)", "bufbuild");
add("string", 8, "string(‹duration›)", "bufbuild");
add("timestamp", 8, "timestamp(‹string›)");
add("duration", 8, "duration(‹string›)");
["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds", "Milliseconds"].forEach((getter, index) => {
  add("int", 8, `‹timestamp:8›.get${getter}()`);
  // @marcbachmann/cel-js knows no zones but those that have names.
  for (const zone of [ZONES[index % 4], OFFSETS[index % 2]]) add("int", 8, `‹timestamp:8›.get${getter}('${zone}')`, zone === ZONES[index % 4] ? undefined : "bufbuild");
});
for (const getter of ["Hours", "Minutes", "Seconds", "Milliseconds"]) add("int", 8, `‹duration:8›.get${getter}()`);

// Optionals.
add("int", 8, "‹map(string, int):8›.?a.orValue(‹int›)", "marcbachmann");
add("int", 8, "‹map(string, int):8›[?‹string›].orValue(‹int›)", "marcbachmann");
add("int", 8, "‹list(int):8›[?‹int›].orValue(‹int›)", "marcbachmann");
add("bool", 8, "‹map(string, string):8›.?key.hasValue()", "marcbachmann");
add("int", 8, "optional.none().or(optional.of(‹int›)).value()", "marcbachmann");

export const FORMS: ReadonlyMap<string, readonly Form[]> = new Map(TYPES.map((type) => [type, forms.filter((form) => form.type === type)]));
