// A tiny evaluator for the part of CEL that random charts are made of: whole numbers, texts, truth values, null and fields,
// with CEL's rule that && and || absorb an error where the other side decides. It shares no code with the product.

export type Value = number | boolean | string | null | { readonly [key: string]: Value };

/** An expression failed: a division by zero, operands that do not fit, a variable without a value. */
export class ExpressionFailure extends Error {}

/** What an expression reads: undefined where the variable has no value. */
export type Lookup = (name: string) => Value | undefined;

type Evaluator = (lookup: Lookup) => Value;

const LEVELS: readonly (readonly string[])[] = [["||"], ["&&"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%"]];
const TOKEN = /\s*(\d+|"[^"\\]*"|'[^'\\]*'|[A-Za-z_]\w*|\|\||&&|[=!<>]=|[-+*/%<>!?:().])/y;

const cache = new Map<string, Evaluator>();

/** The value of `text`. Throws ExpressionFailure where CEL gives an error, and an Error for what it cannot read. */
export function evaluate(text: string, lookup: Lookup): Value {
  let evaluator = cache.get(text);
  if (evaluator === undefined) {
    evaluator = new Parser(text).parse();
    cache.set(text, evaluator);
  }
  return evaluator(lookup);
}

class Parser {
  private readonly tokens: string[] = [];
  private at = 0;

  constructor(private readonly text: string) {
    TOKEN.lastIndex = 0;
    for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) this.tokens.push(match[1] as string);
  }

  parse(): Evaluator {
    const evaluator = this.conditional();
    if (this.at !== this.tokens.length) throw new Error(`the reference cannot read ${this.text}`);
    return evaluator;
  }

  private take(...wanted: readonly string[]): string | undefined {
    const token = this.tokens[this.at];
    if (token === undefined || !wanted.includes(token)) return undefined;
    this.at += 1;
    return token;
  }

  private conditional(): Evaluator {
    const condition = this.binary(0);
    if (this.take("?") === undefined) return condition;
    const yes = this.binary(0);
    this.take(":");
    const no = this.conditional();
    return (lookup) => (expectBool(condition(lookup)) ? yes(lookup) : no(lookup));
  }

  private binary(level: number): Evaluator {
    const operators = LEVELS[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (let operator = this.take(...operators); operator !== undefined; operator = this.take(...operators)) {
      const [first, second, name] = [left, this.binary(level + 1), operator];
      left =
        name === "||" || name === "&&"
          ? (lookup) => applyLogic(name === "||", first, second, lookup)
          : (lookup) => applyOperator(name, first(lookup), second(lookup));
    }
    return left;
  }

  private unary(): Evaluator {
    const operator = this.take("!", "-");
    if (operator === undefined) return this.member();
    const operand = this.unary();
    if (operator === "!") return (lookup) => !expectBool(operand(lookup));
    return (lookup) => applyOperator("-", 0, operand(lookup));
  }

  private member(): Evaluator {
    let value = this.primary();
    while (this.take(".") !== undefined) {
      const [of, field] = [value, this.tokens[this.at++] as string];
      value = (lookup) => selectField(of(lookup), field);
    }
    return value;
  }

  private primary(): Evaluator {
    if (this.take("(") !== undefined) {
      const inner = this.conditional();
      this.take(")");
      return inner;
    }
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Error(`the reference cannot read ${this.text}`);
    if (/^\d/.test(token)) return () => Number(token);
    if (/^["']/.test(token)) return () => token.slice(1, -1);
    if (token === "true" || token === "false") return () => token === "true";
    if (token === "null") return () => null;
    return (lookup) => lookup(token) ?? missing(token, lookup);
  }
}

function missing(name: string, lookup: Lookup): null {
  if (lookup(name) === undefined) throw new ExpressionFailure(`unknown variable ${name}`);
  return null;
}

function expectBool(value: Value): boolean {
  if (typeof value !== "boolean") throw new ExpressionFailure("no bool");
  return value;
}

function selectField(value: Value, field: string): Value {
  const found = typeof value === "object" && value !== null ? value[field] : undefined;
  if (found === undefined) throw new ExpressionFailure(`no field ${field}`);
  return found;
}

/** langdef.md, "Logical Operators": the side that decides wins, wherever it stands; else an error stays an error. */
function applyLogic(decisive: boolean, left: Evaluator, right: Evaluator, lookup: Lookup): boolean {
  let failure: unknown;
  for (const side of [left, right]) {
    try {
      if (expectBool(side(lookup)) === decisive) return decisive;
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return !decisive;
}

function applyOperator(operator: string, left: Value, right: Value): Value {
  if (operator === "==" || operator === "!=") return (left === right) === (operator === "==");
  if (typeof left === "string" && typeof right === "string" && operator === "+") return left + right;
  if (typeof left !== "number" || typeof right !== "number") throw new ExpressionFailure(`no overload of ${operator}`);
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    default:
      if (right === 0) throw new ExpressionFailure("division by zero");
      return operator === "/" ? Math.trunc(left / right) + 0 : (left % right) + 0;
  }
}
