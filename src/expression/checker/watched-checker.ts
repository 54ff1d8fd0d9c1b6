// The checker, watched: keeps the type of every node and the names that macros bind around it, for whoever explains an
// expression to a person. Compiling never comes here.
import type { Ast, SelectNode } from "../ast.js";
import { FindingList } from "../finding-list.js";
import { Checker } from "./checker.js";
import type { CheckScope } from "./scope.js";
import type { Type } from "./type.js";
import { substitute } from "./unifier.js";

/** A name that a macro binds, and those bound further out. */
export interface LocalName {
  readonly name: string;
  readonly type: Type;
  readonly outer: LocalName | undefined;
}

/** What checking found out of each node. Type parameters are resolved: `dyn` where they stand for nothing. */
export interface NodeTypes {
  typeOf(node: Ast): Type | undefined;
  /** The innermost name bound where the node stands; undefined where macros bind none. */
  localsAt(node: Ast): LocalName | undefined;
}

class WatchedChecker extends Checker implements NodeTypes {
  private readonly types = new Map<Ast, Type>();
  private readonly scopes = new Map<Ast, LocalName>();
  private innermost: LocalName | undefined;

  typeOf(node: Ast): Type | undefined {
    return this.types.get(node);
  }

  localsAt(node: Ast): LocalName | undefined {
    return this.scopes.get(node);
  }

  override check(node: Ast): Type {
    if (this.innermost !== undefined) this.scopes.set(node, this.innermost);
    return this.keep(node, super.check(node));
  }

  override bind(name: string, type: Type): void {
    this.innermost = { name, type, outer: this.innermost };
    super.bind(name, type);
  }

  override unbind(count: number): void {
    for (let left = count; left > 0; left -= 1) this.innermost = this.innermost?.outer;
    super.unbind(count);
  }

  protected override findQualified(node: SelectNode): Type | undefined {
    const type = super.findQualified(node);
    return type === undefined ? undefined : this.keep(node, type);
  }

  protected override checkOuter(outer: Ast, inner: Type): Type {
    if (this.innermost !== undefined) this.scopes.set(outer, this.innermost);
    return this.keep(outer, super.checkOuter(outer, inner));
  }

  protected override settle(): void {
    for (const [node, type] of this.types) this.types.set(node, substitute(type, true));
  }

  private keep(node: Ast, type: Type): Type {
    this.types.set(node, type);
    return type;
  }
}

/** Checks an expression, whatever is wrong with it, and keeps what is known of each node. Linear in the size of the tree. */
export function watchTypes(ast: Ast, scope: CheckScope): NodeTypes {
  const checker = new WatchedChecker();
  checker.checkWhole(ast, scope, new FindingList());
  return checker;
}
