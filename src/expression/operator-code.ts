// Which instructions the binary operators are.
import { Op } from "../../assembly/abi.js";
import type { Ast, BinaryNode, BinaryOperator } from "./ast.js";

/** The instruction of an operator. */
export function opOf(operator: BinaryOperator): Op {
  switch (operator) {
    case "==":
      return Op.EQ;
    case "!=":
      return Op.NE;
    case "<":
      return Op.LT;
    case "<=":
      return Op.LE;
    case ">":
      return Op.GT;
    case ">=":
      return Op.GE;
    case "+":
      return Op.ADD;
    case "-":
      return Op.SUB;
    case "*":
      return Op.MUL;
    case "/":
      return Op.DIV;
    case "%":
      return Op.MOD;
    case "in":
      return Op.IN;
  }
}

/** Comparisons stand side by side, and have instructions that also jump. */
export function isComparison(node: Ast): node is BinaryNode {
  return node.kind === "binary" && opOf(node.operator) <= Op.GE;
}
