// Joins drafts of tasks to a definition: names become indexes, commands become tasks of their own, dependencies become transitions.
// What is wrong with the graph as a whole is found here.
import type { Definition, EventDefinition, StateDefinition, TaskDefinition, TaskGraphParts, TransitionDefinition, VariableDefinition } from "../../model/definition.js";
import type { Place } from "../../model/errors.js";
import type { SourceText } from "../source-text.js";
import { findNearest, reportAt } from "./keys.js";
import type { DraftEntry } from "./next.js";
import { ALL_SCOPES, type DraftScope } from "./scopes.js";
import { type CommandName, type DraftTask, isCommand } from "./tasks.js";
import type { YamlScalar } from "./tree.js";

/** Transitions of one workflow. */
export const TRANSITION_COUNT_MAX = 200_000;

export interface GraphParts extends Pick<Definition, "name" | "parameters"> {
  readonly description?: string;
  readonly variables: readonly VariableDefinition[];
  readonly tasks: readonly DraftTask[];
  readonly scopes?: readonly DraftScope[];
  readonly taskGraph: TaskGraphParts;
}

/** Builds the definition; what is wrong is reported. O(tasks + transitions) */
export function buildGraph(parts: GraphParts, source: SourceText): Definition {
  return new GraphBuilder(parts, source).build();
}

class GraphBuilder {
  /** Of tasks, by name. Scopes stand before all tasks. */
  private readonly indexes = new Map<string, number>();
  private readonly scopes: readonly DraftScope[];
  private readonly scopeIndexes = new Map<string, number>();
  /** By the index of a task: the scope that it stands in. */
  private readonly parents = new Map<number, number>();
  private readonly commands = new Map<CommandName, StateDefinition>();
  private readonly transitions: TransitionDefinition[] = [];
  private readonly events = new Map<string, EventDefinition>();
  private readonly missing = new Set<YamlScalar>();
  private readonly variables: Map<string, VariableDefinition>;

  constructor(
    private readonly parts: GraphParts,
    private readonly source: SourceText,
  ) {
    this.scopes = parts.scopes ?? [];
    parts.tasks.forEach(({ name }, index) => this.indexes.set(name, this.scopes.length + index));
    this.scopes.forEach(({ name }, index) => this.scopeIndexes.set(name, index));
    this.variables = new Map(parts.variables.map((variable) => [variable.name, variable]));
  }

  build(): Definition {
    const { tasks, name, description, parameters, taskGraph } = this.parts;
    const first = this.scopes.length;
    const dependents = this.readDependencies();
    this.fillScopes();
    for (const [index, task] of tasks.entries()) this.addTransitions(first + index, task, dependents.get(first + index) ?? []);
    this.scopes.forEach((scope, index) => scope.entries.forEach((entry, next) => this.addEntry(index, undefined, entry, next)));
    this.checkReach();
    const states = [...this.scopes.map((scope) => makeScopeState(scope, this.source)), ...tasks.map((task, index) => this.makeState(task, this.parents.get(first + index)))];
    return {
      format: "yaml",
      name,
      ...(description !== undefined && { description }),
      parameters,
      variables: [...this.variables.values()],
      events: [...this.events.values()],
      states: [...states, ...this.commands.values()],
      transitions: this.transitions,
      invariants: [],
      direction: "TB",
      styles: {},
      taskGraph,
    };
  }

  private makeState({ name, description, nameNode, task }: DraftTask, parent = -1): StateDefinition {
    const place = this.source.place(nameNode.start, nameNode.end);
    if (task.action.kind === "await" && !this.events.has(task.action.event))
      this.events.set(task.action.event, { name: task.action.event, isDeclared: false, place: task.action.place });
    return { ...makeTaskState(name, task, place, description), parent };
  }

  /** Which scope each task stands in. */
  private fillScopes(): void {
    this.scopes.forEach(({ name, nameNode, tasks }, scope) => {
      if (this.indexes.has(name)) reportAt(this.source, "parse/duplicate-name", `"${name}" names a task and a scope`, nameNode);
      for (const node of tasks) {
        const task = String(node.value).trim();
        if (this.scopeIndexes.has(task)) {
          reportAt(this.source, "parse/invalid-value", `"${task}" is a scope: what stands within scope "${name}" stands under its "scopes"`, node);
          continue;
        }
        const index = this.findTask(task, node);
        const known = this.scopes[this.parents.get(index) ?? -1];
        if (known !== undefined) reportAt(this.source, "parse/duplicate-name", `Task "${task}" stands in scope "${known.name}" already`, node);
        else if (index !== -1) this.parents.set(index, scope);
      }
    });
  }

  /** Is `scope` one of the scopes around the task? What leads back from it does not hinder the task from beginning. */
  private holds(scope: number, task: number): boolean {
    let at = this.parents.get(task) ?? -1;
    while (at >= 0 && at !== scope) at = this.scopes[at]?.parent ?? -1;
    return at >= 0;
  }

  private findScope(name: string, node: YamlScalar): number {
    return this.findNamed("scope", this.scopeIndexes, name, node);
  }

  /** By the index of a task: what waits for it, in file order. */
  private readDependencies(): ReadonlyMap<number, readonly [number, YamlScalar][]> {
    const dependents = new Map<number, [number, YamlScalar][]>();
    this.parts.tasks.forEach(({ name, dependencies }, index) => {
      const seen = new Set<string>();
      for (const node of dependencies) {
        const upstream = String(node.value).trim();
        const source = this.findTask(upstream, node);
        const target = this.scopes.length + index;
        if (upstream === name) reportAt(this.source, "parse/invalid-value", `Task "${name}" cannot wait for itself`, node);
        else if (seen.has(upstream)) reportAt(this.source, "parse/duplicate-name", `Task "${name}" waits for "${upstream}" already`, node);
        else if (source !== -1) {
          const list = dependents.get(source) ?? [];
          list.push([target, node]);
          dependents.set(source, list);
        }
        seen.add(upstream);
      }
    });
    return dependents;
  }

  private findTask(name: string, node: YamlScalar): number {
    return this.findNamed("task", this.indexes, name, node);
  }

  private findNamed(noun: "scope" | "task", indexes: ReadonlyMap<string, number>, name: string, node: YamlScalar): number {
    const index = indexes.get(name);
    if (index !== undefined) return index;
    // The workflow's handler stands behind many tasks: it is told of once.
    if (this.missing.has(node)) return -1;
    this.missing.add(node);
    const near = findNearest(name, indexes.keys());
    reportAt(this.source, "parse/unknown-task", `There is no ${noun} "${name}"${near === undefined ? "" : `; is "${near}" meant?`}`, node);
    return -1;
  }

  private addTransitions(source: number, task: DraftTask, dependents: readonly (readonly [number, YamlScalar])[]): void {
    task.entries.forEach((entry, next) => this.addEntry(source, task, entry, next));
    dependents.forEach(([target, node], index) => {
      const place = this.source.place(node.start, node.end);
      const next = task.entries.length + index;
      this.add({ source, target, trigger: { kind: "outcome", outcome: "success" }, actions: [], next, label: "succeeded", reading: "outcome", place });
    });
  }

  /** `task`: what the entry stands in; undefined for a scope. */
  private addEntry(source: number, task: DraftTask | undefined, entry: DraftEntry, next: number): void {
    const { trigger, guard, actions, label, reading, cancels = [], undos = [] } = entry;
    for (const action of actions) if (action.kind === "set") this.useVariable(action.variable, action.place);
    const common = { source, trigger, actions, next, label, reading, ...(guard !== undefined && { guard }) };
    for (const node of cancels) {
      const target = this.findScope(String(node.value).trim(), node);
      if (target !== -1) this.add({ ...common, target, isCancel: true, place: this.source.place(node.start, node.end) });
    }
    for (const node of undos) {
      const name = String(node.value).trim();
      const target = name === ALL_SCOPES ? -1 : this.findScope(name, node);
      if (target !== -1 || name === ALL_SCOPES) this.add({ ...common, target, isUndo: true, place: this.source.place(node.start, node.end) });
    }
    if (entry.targets.length === 0 && cancels.length === 0 && undos.length === 0) this.add({ ...common, target: -1, place: this.source.place(entry.start, entry.end) });
    const seen = new Set<string>();
    for (const node of entry.targets) {
      const name = String(node.value).trim();
      const place = this.source.place(node.start, node.end);
      if (seen.has(name)) reportAt(this.source, "parse/duplicate-name", `"${name}" stands here twice`, node);
      else if (name === "retry" && undos.length > 0) reportAt(this.source, "parse/conflicting-keys", 'An entry that undoes cannot "retry": lead to the task', node);
      else if (name === "retry") this.addRetry(task, { ...common, target: source, isRetry: true, place }, node);
      else if (isCommand(name)) this.add({ ...common, target: this.useCommand(name, place), place, ...(this.isContinued(name) && { isContinued: true }) });
      else {
        const target = this.findTask(name, node);
        if (target !== -1) this.add({ ...common, target, place });
      }
      seen.add(name);
    }
  }

  /** In Orquesta's dialect "continue" leaves a failure as it is, and "noop" takes it. */
  private isContinued(name: string): boolean {
    return name === "continue" && this.parts.taskGraph.hasOneNamespace === true;
  }

  private addRetry(draft: DraftTask | undefined, transition: TransitionDefinition, node: YamlScalar): void {
    if (draft === undefined) {
      reportAt(this.source, "parse/invalid-value", "A scope is not retried as a whole: lead to the task that begins it", node);
      return;
    }
    const { name, task } = draft;
    if (task.action.kind === "fail") reportAt(this.source, "parse/invalid-value", `Task "${name}" fails on purpose: there is nothing to retry`, node);
    this.add(transition);
  }

  private add(transition: TransitionDefinition): void {
    if (this.transitions.length === TRANSITION_COUNT_MAX) {
      const message = `There are more than ${TRANSITION_COUNT_MAX} transitions between tasks`;
      reportAt(this.source, "parse/too-many-tasks", message, transition.place);
    }
    if (this.transitions.length <= TRANSITION_COUNT_MAX) this.transitions.push(transition);
  }

  private useVariable(name: string, place: Place): void {
    if (!this.variables.has(name)) this.variables.set(name, { name, type: "any", place });
  }

  /** The index of the command's task, which is made when it is used first. */
  private useCommand(name: CommandName, place: Place): number {
    const known = [...this.commands.keys()].indexOf(name);
    const first = this.scopes.length + this.parts.tasks.length;
    if (known !== -1) return first + known;
    const value = (constant: unknown) => ({ kind: "literal", value: constant, place }) as const;
    const action = name === "fail" ? ({ kind: "fail", message: value("The workflow says so: do fail"), place } as const) : ({ kind: "value", value: value(null), place } as const);
    this.commands.set(name, makeTaskState(name, { action }, place, undefined));
    return first + this.commands.size - 1;
  }

  // --- the graph as a whole ----------------------------------------------------------------------------------------------

  private checkReach(): void {
    const { tasks } = this.parts;
    const offset = this.scopes.length;
    const nodes = [...this.scopes, ...tasks];
    const sources: Set<number>[] = nodes.map(() => new Set());
    const targets: number[][] = nodes.map(() => []);
    for (const { source, target, isRetry, isCancel, isUndo } of this.transitions) {
      if (target < 0 || target >= nodes.length || isRetry === true || isCancel === true || isUndo === true) continue;
      sources[target]?.add(source);
      targets[source]?.push(target);
    }
    // What fails leads to the scopes around it.
    for (const [task, scope] of this.parents) targets[task]?.push(scope);
    this.scopes.forEach(({ parent }, scope) => parent >= 0 && targets[scope]?.push(parent));
    tasks.forEach((task, index) => this.checkJoin(task, (sources[offset + index] as Set<number>).size));
    const pending = tasks.flatMap((_, index) => ([...(sources[offset + index] as Set<number>)].every((source) => this.holds(source, offset + index)) ? [offset + index] : []));
    const [first] = tasks;
    if (first !== undefined && pending.length === 0) {
      reportAt(this.source, "parse/no-start", "No task can begin: something leads to each of them", first.nameNode);
      return;
    }
    const isReached = new Uint8Array(nodes.length);
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (isReached[index] === 1) continue;
      isReached[index] = 1;
      pending.push(...(targets[index] as number[]));
    }
    tasks.forEach(({ name, nameNode }, index) => {
      if (isReached[offset + index] === 0)
        this.source.report("warning", "parse/unreachable-state", `Task "${name}" can never be reached: only tasks lead to it that it leads to`, nameNode.start, nameNode.end);
    });
  }

  private checkJoin({ name, task, joinNode }: DraftTask, sourceCount: number): void {
    if (joinNode === undefined || task.join === undefined) return;
    if (sourceCount === 0) reportAt(this.source, "parse/invalid-join", `Task "${name}" joins, but nothing leads to it`, joinNode);
    else if (typeof task.join === "number" && task.join > sourceCount)
      reportAt(this.source, "parse/invalid-join", `Task "${name}" waits for ${task.join} tasks; ${sourceCount} ${sourceCount === 1 ? "leads" : "lead"} to it`, joinNode);
  }
}

function makeScopeState({ name, description, nameNode, parent, timeout }: DraftScope, source: SourceText): StateDefinition {
  const descriptions = description === undefined ? [] : [name, description];
  const place = source.place(nameNode.start, nameNode.end);
  return { id: name, kind: "composite", parent, descriptions, notes: [], classes: [], entry: [], exit: [], ...(timeout && { timeout }), place };
}

function makeTaskState(id: string, task: TaskDefinition, place: Place, description: string | undefined): StateDefinition {
  const descriptions = description === undefined ? [] : [id, description];
  return { id, kind: "task", parent: -1, descriptions, notes: [], classes: [], entry: [], exit: [], task, place };
}
