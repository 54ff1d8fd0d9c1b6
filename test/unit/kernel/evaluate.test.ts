// The expression machine, instruction by instruction: what each gives, what it refuses, and what fuel stops.
import { beforeAll, describe, expect, it } from "vitest";
import { ExpressionError, Op } from "../../../assembly/abi.js";
import { layOutExpressions } from "../../../src/compile/blob.js";
import { encodeExact, type ExactValue } from "../../../src/model/value.js";
import {
  assemble,
  BUILDS,
  Bench,
  bool,
  constant,
  double,
  int,
  type Line,
  list,
  map,
  NO_OPERAND,
  nothing,
  NOW_OPERAND,
  number,
  slot,
  string,
  uint,
} from "./assembler.js";

const E = ExpressionError;
const fails = (error: ExpressionError) => expect.objectContaining({ error });
const UINT_MAX = 2n ** 64n - 1n;
const duration = (seconds: number, nanos = 0): ExactValue => ({ duration: { seconds: String(seconds), nanos } });
const timestamp = (seconds: number, nanos = 0): ExactValue => ({ timestamp: { seconds: String(seconds), nanos } });

describe.each(BUILDS)("evaluate ($build)", ({ file }) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open(file);
  });
  const run = (
    lines: readonly Line[],
    constants: readonly ExactValue[] = [],
    slots: readonly (ExactValue | undefined)[] = [],
    keys: readonly string[] = [],
  ) => bench.run(assemble(lines, constants, keys), slots);

  describe("logic", () => {
    const failed = { error: E.DIVIDE_BY_ZERO };
    /** T, F, E(rror), X (not a bool). */
    const operand = (letter: string, dst: number): Line =>
      letter === "E" ? { op: Op.DIV, dst, a: constant(2), b: constant(3) } : { op: Op.MOVE, dst, a: constant("TFX".indexOf(letter)) };
    const constants = [bool(true), bool(false), int(1), int(0)];
    const both = (op: Op, letters: string) =>
      run([operand(letters[0] ?? "", 0), operand(letters[1] ?? "", 1), { op, dst: 2, a: 0, b: 1 }, { op: Op.RETURN, a: 2 }], constants);

    it("absorbs errors in && and ||", () => {
      for (const [letters, expected] of Object.entries({
        TT: true,
        TF: false,
        FT: false,
        FF: false,
        FE: false,
        EF: false,
        FX: false,
        XF: false,
      }))
        expect([letters, both(Op.AND, letters)]).toEqual([letters, bool(expected)]);
      for (const letters of ["TE", "ET", "EE", "XE", "EX"]) expect(both(Op.AND, letters)).toMatchObject(failed);
      for (const [letters, expected] of Object.entries({ TT: true, TF: true, FT: true, FF: false, TE: true, ET: true, TX: true, XT: true }))
        expect([letters, both(Op.OR, letters)]).toEqual([letters, bool(expected)]);
      for (const letters of ["FE", "EF", "EE"]) expect(both(Op.OR, letters)).toMatchObject(failed);
      for (const letters of ["TX", "XT", "XX"]) expect(both(Op.AND, letters)).toEqual(fails(E.NO_SUCH_OVERLOAD));
    });

    it("branches", () => {
      const choose = (letter: string) =>
        run(
          [
            operand(letter, 0),
            { op: Op.BRANCH, dst: 1, a: 0, imm: 4, cache: 5 },
            { op: Op.MOVE, dst: 1, a: constant(4) },
            { op: Op.JUMP, imm: 5 },
            { op: Op.MOVE, dst: 1, a: constant(5) },
            { op: Op.RETURN, a: 1 },
          ],
          [...constants, string("yes"), string("no")],
        );
      expect(choose("T")).toEqual(string("yes"));
      expect(choose("F")).toEqual(string("no"));
      expect(choose("E")).toMatchObject(failed);
      expect(choose("X")).toEqual(fails(E.NO_SUCH_OVERLOAD));
    });

    it("negates, checks and jumps on bools and errors", () => {
      expect(bench.unary(Op.NOT, bool(true))).toEqual(bool(false));
      expect(bench.unary(Op.NOT, int(1))).toEqual(fails(E.NO_SUCH_OVERLOAD));
      const jump = (op: Op, letter: string) =>
        run([operand(letter, 0), { op, a: 0, imm: 3 }, { op: Op.RETURN, a: constant(0) }, { op: Op.RETURN, a: constant(1) }], constants);
      for (const [op, letter] of [
        [Op.JUMP_TRUE, "T"],
        [Op.JUMP_FALSE, "F"],
        [Op.JUMP_ERROR, "E"],
      ] as const) {
        for (const other of "TFEX") expect([op, other, jump(op, other)]).toEqual([op, other, bool(other !== letter)]);
      }
      const check = (letter: string) =>
        run([operand(letter, 0), { op: Op.CHECK_BOOL, dst: 1, a: 0, imm: E.NO_SUCH_OVERLOAD }, { op: Op.RETURN, a: 1 }], constants);
      expect(check("T")).toEqual(bool(true));
      expect(check("X")).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(check("E")).toMatchObject(failed);
    });
  });

  describe("access", () => {
    const user = map([string("name"), string("Ada")], [string("age"), number(36)]);
    const hashed = map([int(1), string("one")], [string("name"), string("Eve")], [bool(true), string("yes")]);
    const many = map(...Array.from({ length: 200 }, (_, index) => [string(`key${index}`), int(index)] as const));

    it("reads fields by shape, from hashed maps, and through the inline cache", () => {
      const { kernel } = bench;
      const code = assemble(
        [
          { op: Op.FIELD, dst: 0, a: slot(0), imm: 0 },
          { op: Op.RETURN, a: 0 },
        ],
        [],
        ["name"],
      );
      const program = kernel.loadProgram(layOutExpressions([code], ["user"]));
      const context = kernel.createContext(1);
      const expression = kernel.expression(program, 0);
      const read = (value: ExactValue) => {
        kernel.setSlot(context, 0, encodeExact(value));
        const cell = kernel.evaluate(expression, context);
        return kernel.error(cell) ?? kernel.value(cell);
      };
      const other = map([string("age"), int(1)], [string("name"), string("Bob")]);
      for (let round = 0; round < 3; round++) {
        for (const [value, name] of [
          [user, "Ada"],
          [other, "Bob"],
          [hashed, "Eve"],
        ] as const)
          expect([read(value), read(value)]).toEqual([name, name]);
        expect(read(map([string("age"), int(1)]))).toMatchObject({ error: E.NO_SUCH_KEY, detail: "name" });
        expect(read(list())).toMatchObject({ error: E.NO_SUCH_OVERLOAD });
      }
    });

    it("asks for fields", () => {
      const has = (value: ExactValue | undefined, name: string) =>
        run(
          [
            { op: Op.HAS_FIELD, dst: 0, a: slot(0), imm: 0 },
            { op: Op.RETURN, a: 0 },
          ],
          [],
          [value],
          [name],
        );
      expect(has(user, "age")).toEqual(bool(true));
      expect(has(user, "missing")).toEqual(bool(false));
      expect(has(hashed, "name")).toEqual(bool(true));
      expect(has(nothing, "name")).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(has(undefined, "name")).toEqual(fails(E.UNKNOWN_VARIABLE));
    });

    const cases: [ExactValue, ExactValue, unknown][] = [
      [list(int(7), int(8)), int(1), int(8)],
      [list(int(7), int(8)), uint(0), int(7)],
      [list(int(7), int(8)), number(1), int(8)],
      [list(int(7), int(8)), double(0), int(7)],
      [list(int(7)), number(0.5), fails(E.INVALID_ARGUMENT)],
      [list(int(7)), int(1), fails(E.INDEX_OUT_OF_RANGE)],
      [list(int(7)), int(-1), fails(E.INDEX_OUT_OF_RANGE)],
      [list(int(7)), uint(UINT_MAX), fails(E.INDEX_OUT_OF_RANGE)],
      [list(int(7)), string("0"), fails(E.NO_SUCH_OVERLOAD)],
      [user, string("age"), number(36)],
      [user, string("nothing"), fails(E.NO_SUCH_KEY)],
      [user, int(1), fails(E.NO_SUCH_KEY)],
      [hashed, number(1), string("one")],
      [hashed, uint(1), string("one")],
      [hashed, bool(true), string("yes")],
      [hashed, bool(false), fails(E.NO_SUCH_KEY)],
      [hashed, list(), fails(E.NO_SUCH_OVERLOAD)],
      [many, string("key150"), int(150)],
      [many, string("key200"), fails(E.NO_SUCH_KEY)],
      [string("text"), int(0), fails(E.NO_SUCH_OVERLOAD)],
    ];
    it.each(cases)("%j[%j]", (value, key, expected) => {
      expect(bench.binary(Op.INDEX, value, key)).toEqual(expected);
    });

    it("finds members", () => {
      expect(bench.binary(Op.IN, number(2), list(int(1), uint(2)))).toEqual(bool(true));
      expect(bench.binary(Op.IN, string("c"), list(string("a"), string("b")))).toEqual(bool(false));
      expect(bench.binary(Op.IN, string("age"), user)).toEqual(bool(true));
      expect(bench.binary(Op.IN, double(1), hashed)).toEqual(bool(true));
      expect(bench.binary(Op.IN, string("key199"), many)).toEqual(bool(true));
      expect(bench.binary(Op.IN, list(), many)).toEqual(bool(false));
      expect(bench.binary(Op.IN, int(1), int(1))).toEqual(fails(E.NO_SUCH_OVERLOAD));
    });
  });

  describe("building", () => {
    it("makes lists and maps", () => {
      const move = (dst: number, index: number) => ({ op: Op.MOVE, dst, a: constant(index) });
      expect(
        run([move(1, 0), move(2, 1), { op: Op.MAKE_LIST, dst: 0, a: 1, b: 2 }, { op: Op.RETURN, a: 0 }], [int(1), string("x")]),
      ).toEqual(list(int(1), string("x")));
      expect(
        run([
          { op: Op.MAKE_LIST, dst: 0, a: 0, b: 0 },
          { op: Op.RETURN, a: 0 },
        ]),
      ).toEqual(list());
      const build = (...values: ExactValue[]) =>
        run(
          [
            ...values.map((_, index) => move(index, index)),
            { op: Op.MAKE_MAP, dst: 8, a: 0, b: values.length / 2 },
            { op: Op.RETURN, a: 8 },
          ],
          values,
        );
      expect(build(string("a"), int(1), string("b"), list())).toEqual(map([string("a"), int(1)], [string("b"), list()]));
      expect(build(int(1), int(1), bool(true), int(2))).toEqual(map([int(1), int(1)], [bool(true), int(2)]));
      expect(build(string("a"), int(1), string("a"), int(2))).toEqual(fails(E.DUPLICATE_KEY));
      expect(build(int(1), int(1), uint(1), int(2))).toEqual(fails(E.DUPLICATE_KEY));
      expect(build(double(1), int(1))).toEqual(fails(E.UNSUPPORTED_KEY));
      expect(build(list(), int(1))).toEqual(fails(E.UNSUPPORTED_KEY));
    });

    it("passes errors and absent slots out of literals", () => {
      const lines = (op: Op) => [
        { op: Op.MOVE, dst: 0, a: constant(0) },
        { op: Op.DIV, dst: 1, a: constant(1), b: constant(2) },
        { op, dst: 2, a: 0, b: op === Op.MAKE_MAP ? 1 : 2 },
        { op: Op.RETURN, a: 2 },
      ];
      for (const op of [Op.MAKE_LIST, Op.MAKE_MAP, Op.TEMPLATE])
        expect(run(lines(op), [string("a"), int(1), int(0)])).toMatchObject({ error: E.DIVIDE_BY_ZERO, instruction: 1 });
      expect(
        run(
          [
            { op: Op.MOVE, dst: 0, a: slot(0) },
            { op: Op.MAKE_LIST, dst: 1, a: 0, b: 1 },
            { op: Op.RETURN, a: 1 },
          ],
          [],
          [undefined],
        ),
      ).toMatchObject({ error: E.UNKNOWN_VARIABLE });
    });

    it("writes templates", () => {
      const template = (...values: ExactValue[]) =>
        run(
          [
            ...values.map((_, index) => ({ op: Op.MOVE, dst: index + 1, a: constant(index) })),
            { op: Op.TEMPLATE, dst: 0, a: 1, b: values.length },
            { op: Op.RETURN, a: 0 },
          ],
          values,
        );
      expect(template(string("n = "), number(1.5), string(", "), int(-3), bool(true), nothing)).toEqual(string("n = 1.5, -3truenull"));
      expect(template(list(int(1), string('q"\n'), nothing, double(NaN)), map([string("a"), bool(false)], [int(1), list()]))).toEqual(
        string('[1,"q\\"\\n",null,"NaN"]{"a":false,"1":[]}'),
      );
      expect(template(timestamp(0, 5_000_000), string(" "), duration(-1, -500_000_000))).toEqual(string("1970-01-01T00:00:00.005Z -1.5s"));
      expect(template(list(int(2n ** 60n), { bytes: "aGk=" }, string("\u0001\u007f€")))).toEqual(
        string('["1152921504606846976","aGk=","\\u0001\u007f€"]'),
      );
      expect(template()).toEqual(string(""));
    });
  });

  describe("loops", () => {
    /** [x * 2 for x in slot0] — or keys of a map. */
    const double = (value: ExactValue) =>
      run(
        [
          { op: Op.BUILDER_NEW, dst: 4 },
          { op: Op.ITER_START, dst: 0, a: slot(0), imm: 7 },
          { op: Op.ITER_NEXT, dst: 2, a: 0, b: NO_OPERAND, imm: 6 },
          { op: Op.ADD, dst: 3, a: 2, b: 2 },
          { op: Op.BUILDER_PUSH, dst: 4, a: 3 },
          { op: Op.JUMP, imm: 2 },
          { op: Op.BUILDER_FINISH, dst: 0, a: 4 },
          { op: Op.RETURN, a: 0 },
        ],
        [],
        [value],
      );

    it("maps over lists and keys", () => {
      expect(double(list(int(1), int(2), int(3)))).toEqual(list(int(2), int(4), int(6)));
      expect(double(list())).toEqual(list());
      const many = Array.from({ length: 1000 }, (_, index) => index);
      expect(double(list(...many.map(int)))).toEqual(list(...many.map((value) => int(value * 2))));
      expect(double(map([string("a"), int(1)], [string("b"), int(2)]))).toEqual(list(string("aa"), string("bb")));
      expect(double(map([int(1), int(1)], [int(2), int(2)]))).toEqual(list(int(2), int(4)));
      expect(double(int(1))).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(double(list(int(1), bool(true)))).toEqual(fails(E.NO_SUCH_OVERLOAD));
    });

    it("gives index and element, key and value, and counts", () => {
      const pairs = (value: ExactValue) =>
        run(
          [
            { op: Op.BUILDER_NEW, dst: 4 },
            { op: Op.MOVE, dst: 5, a: constant(0) },
            { op: Op.ITER_START, dst: 0, a: slot(0), imm: 10 },
            { op: Op.ITER_NEXT, dst: 2, a: 0, b: 3, imm: 8 },
            { op: Op.BUILDER_PUSH, dst: 4, a: 2 },
            { op: Op.BUILDER_PUSH, dst: 4, a: 3 },
            { op: Op.COUNT, dst: 5 },
            { op: Op.JUMP, imm: 3 },
            { op: Op.BUILDER_PUSH, dst: 4, a: 5 },
            { op: Op.BUILDER_FINISH, dst: 0, a: 4 },
            { op: Op.RETURN, a: 0 },
          ],
          [int(0)],
          [value],
        );
      expect(pairs(list(string("x"), string("y")))).toEqual(list(int(0), string("x"), int(1), string("y"), int(2)));
      expect(pairs(map([string("k"), int(9)]))).toEqual(list(string("k"), int(9), int(1)));
    });

    it("refuses to jump back to anything but the head of a loop, which takes fuel", () => {
      const refused = expect.objectContaining({ code: "kernel/bad-program" });
      const jumps: readonly Line[] = [
        { op: Op.JUMP, imm: 0 },
        { op: Op.JUMP_TRUE, a: constant(0), imm: 0 },
        { op: Op.JUMP_ERROR, a: constant(0), imm: 0 },
        { op: Op.EQ_JUMP_TRUE, dst: 0, a: constant(0), b: constant(0), imm: 0 },
        { op: Op.BRANCH, dst: 0, a: constant(0), imm: 0, cache: 1 },
        { op: Op.BRANCH, dst: 0, a: constant(0), imm: 1, cache: 0 },
        { op: Op.ITER_START, dst: 0, a: constant(0), imm: 0 },
      ];
      for (const jump of jumps) expect(() => run([jump, { op: Op.RETURN, a: constant(0) }], [bool(true)])).toThrow(refused);
    });

    it("ends an endless loop when fuel is spent", () => {
      const loop = (lines: readonly Line[], constants: readonly ExactValue[]) =>
        run([{ op: Op.ITER_START, dst: 0, a: constant(0), imm: 1 }, ...lines, { op: Op.RETURN, a: constant(0) }], constants);
      expect(loop([{ op: Op.ITER_NEXT, dst: 2, a: 0, b: NO_OPERAND, imm: 1 }], [list()])).toEqual(fails(E.OUT_OF_FUEL));
      // Doubling a text runs out of fuel long before memory.
      const doubling: readonly Line[] = [
        { op: Op.MOVE, dst: 3, a: constant(1) },
        { op: Op.ITER_NEXT, dst: 2, a: 0, b: NO_OPERAND, imm: 6 },
        { op: Op.ADD, dst: 3, a: 3, b: 3 },
        { op: Op.JUMP_ERROR, a: 3, imm: 6 },
        { op: Op.JUMP, imm: 2 },
        { op: Op.RETURN, a: 3 },
      ];
      expect(loop(doubling, [list(...Array.from({ length: 64 }, () => nothing)), string("x")])).toEqual(fails(E.OUT_OF_FUEL));
    });
  });

  it("stays flat while programs come and go", () => {
    const code = assemble(
      [
        { op: Op.MOVE, dst: 0, a: constant(0) },
        { op: Op.MAKE_LIST, dst: 1, a: 0, b: 1 },
        { op: Op.RETURN, a: 1 },
      ],
      [list(string("a text of a constant"), map([string("k"), int(1)]))],
      ["name"],
    );
    const cycle = () => expect(bench.run(code)).toEqual(list(list(string("a text of a constant"), map([string("k"), int(1)]))));
    for (let i = 0; i < 50; i++) cycle();
    const size = bench.kernel.sizeBytes;
    for (let i = 0; i < 3_000; i++) cycle();
    expect(bench.kernel.sizeBytes).toBe(size);
  });

  it("spends fuel on comparing values that share their parts", () => {
    // x = [x, x], 40 times over: small in memory, endless to walk.
    const grow = Array.from({ length: 40 }, () => [
      { op: Op.MOVE, dst: 1, a: 0 },
      { op: Op.MAKE_LIST, dst: 0, a: 0, b: 2 },
    ]).flat();
    const start = { op: Op.MOVE, dst: 0, a: constant(0) };
    expect(run([start, ...grow, { op: Op.EQ, dst: 1, a: 0, b: 0 }, { op: Op.RETURN, a: 1 }], [int(1)])).toEqual(fails(E.OUT_OF_FUEL));
    expect(() => run([start, ...grow, { op: Op.RETURN, a: 0 }], [int(1)])).toThrow(/memory/);
  });

  describe("hostile code", () => {
    const load = (lines: readonly Line[], constants: readonly ExactValue[] = [], keys: readonly string[] = [], registers = 2) =>
      bench.run(assemble(lines, constants, keys, registers), [int(1)]);
    const RETURN = { op: Op.RETURN, a: 0 };
    const bad: [string, readonly Line[]][] = [
      ["no instruction", []],
      ["an unknown opcode", [{ op: 39 as Op }, RETURN]],
      ["a register beyond the count", [{ op: Op.MOVE, dst: 2, a: 0 }, RETURN]],
      ["an operand register beyond the count", [{ op: Op.RETURN, a: 2 }]],
      ["a slot beyond the count", [{ op: Op.RETURN, a: slot(1) }]],
      ["a constant beyond the count", [{ op: Op.RETURN, a: constant(0) }]],
      ["an unknown builtin", [{ op: Op.RETURN, a: 0xc001 }]],
      ["a jump beyond the code", [{ op: Op.JUMP, imm: 2 }, RETURN]],
      ["a negative jump", [{ op: Op.JUMP, imm: -1 }, RETURN]],
      ["a branch beyond the code", [{ op: Op.BRANCH, dst: 0, a: 0, imm: 1, cache: 5 }, RETURN]],
      ["an open end", [{ op: Op.MOVE, dst: 0, a: 1 }]],
      ["a range beyond the registers", [{ op: Op.MAKE_LIST, dst: 0, a: 1, b: 2 }, RETURN]],
      ["pairs beyond the registers", [{ op: Op.MAKE_MAP, dst: 0, a: 0, b: 2 }, RETURN]],
      ["an unknown function", [{ op: Op.CALL, dst: 0, a: 0, b: 1, imm: 9999 }, RETURN]],
      ["an iterator's element beyond the registers", [{ op: Op.ITER_NEXT, dst: 0, a: 0, b: 7, imm: 1 }, RETURN]],
    ];
    it.each(bad)("refuses %s", (_, lines) => {
      expect(() => load(lines)).toThrow("not a sound program");
    });

    it("refuses constants that are not there", () => {
      expect(() => bench.run({ ...assemble([RETURN]), constantCount: 1 })).toThrow("not a sound program");
      expect(() => bench.run({ ...assemble([RETURN], [int(1)]), constantCount: 2 })).toThrow("not a sound program");
    });

    it("lets no register carry what an evaluation before left there", () => {
      expect(load([RETURN])).toEqual(nothing);
      load([
        { op: Op.BUILDER_NEW, dst: 0 },
        { op: Op.RETURN, a: slot(0) },
      ]);
      expect(load([{ op: Op.BUILDER_PUSH, dst: 0, a: slot(0) }, RETURN])).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(
        load([
          { op: Op.JUMP_TRUE, a: slot(0), imm: 1 },
          { op: Op.BUILDER_FINISH, dst: 1, a: 0 },
          { op: Op.RETURN, a: 1 },
        ]),
      ).toEqual(fails(E.NO_SUCH_OVERLOAD));
    });

    it("lets iterators and builders out to nobody", () => {
      const start = { op: Op.ITER_START, dst: 0, a: constant(0), imm: 2 };
      const constants = [list(int(1))];
      expect(load([start, { op: Op.RETURN, a: 0 }, RETURN], constants)).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(load([start, { op: Op.MAKE_LIST, dst: 1, a: 0, b: 1 }, { op: Op.RETURN, a: 1 }], constants)).toEqual(
        fails(E.NO_SUCH_OVERLOAD),
      );
      expect(load([start, { op: Op.ADD, dst: 1, a: 0, b: 0 }, { op: Op.RETURN, a: 1 }], constants)).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(load([start, { op: Op.EQ, dst: 1, a: 0, b: 0 }, { op: Op.RETURN, a: 1 }], constants)).toEqual(fails(E.NO_SUCH_OVERLOAD));
      expect(
        load(
          [
            { op: Op.BUILDER_NEW, dst: 0 },
            { op: Op.MOVE, dst: 1, a: 0 },
            { op: Op.BUILDER_FINISH, dst: 0, a: 0 },
            { op: Op.BUILDER_PUSH, dst: 1, a: constant(0) },
            { op: Op.BUILDER_FINISH, dst: 1, a: 1 },
            { op: Op.RETURN, a: 1 },
          ],
          constants,
        ),
      ).toEqual(list(list(int(1))));
    });
  });

  it("knows now", () => {
    bench.kernel.setNow(1_700_000_000_123);
    expect(run([{ op: Op.RETURN, a: NOW_OPERAND }])).toEqual(timestamp(1_700_000_000, 123_000_000));
    bench.kernel.setNow(-1);
    expect(run([{ op: Op.RETURN, a: NOW_OPERAND }])).toEqual(timestamp(-1, 999_000_000));
  });

  it("evaluates many windows of one context", () => {
    const { kernel } = bench;
    const program = kernel.loadProgram(
      layOutExpressions(
        [
          assemble(
            [
              { op: Op.GT, dst: 0, a: slot(0), b: constant(0) },
              { op: Op.RETURN, a: 0 },
            ],
            [int(10)],
          ),
        ],
        ["x", "y"],
      ),
    );
    const context = kernel.createContext(200);
    for (let i = 0; i < 100; i++) kernel.setNumber(context, i * 2, i);
    expect(kernel.evaluateMany(kernel.expression(program, 0), context, 100, 2)).toBe(89);
    expect(kernel.isTrue(kernel.evaluate(kernel.expression(program, 0), context, 40))).toBe(true);
  });
});
