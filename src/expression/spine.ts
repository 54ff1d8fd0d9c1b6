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
    const { nodes } = this;
    this.count -= 1;
    if (this.count === 0 && nodes.length > KEPT_COUNT_MAX) this.nodes = [];
    return nodes[this.count] as Ast;
  }

}
