// A stack of nodes that outlives the walks: the left sides of sums and selections, met on the way down and handled on the
// way up. An array for each walk, or one that is emptied, would be made anew by every expression.
import type { Ast } from "./ast.js";

/** Places kept from one expression to the next. */
const KEPT_COUNT_MAX = 256;

export class Spine {
  private nodes: Ast[] = [];
  /** Nodes in hand. */
  count = 0;

  push(node: Ast): void {
    this.nodes[this.count] = node;
    this.count += 1;
  }

  pop(): Ast {
    this.count -= 1;
    return this.nodes[this.count] as Ast;
  }

  /** For the next expression, whatever became of the last. */
  clear(): void {
    this.count = 0;
    if (this.nodes.length > KEPT_COUNT_MAX) this.nodes = [];
  }
}
