// What one task does: the built-in actions by name, a workflow, or a handler that the embedder registered.
import type { TaskAction, ValueSource } from "../../model/definition.js";
import type { Place } from "../../model/errors.js";
import type { SourceText } from "../source-text.js";
import { readAwait } from "./forms.js";
import { type Keys, readText, reportAt, valueOf } from "./keys.js";
import type { ExpressionSite } from "./names.js";
import type { YamlMap, YamlNode } from "./tree.js";
import type { ValueReader } from "./values.js";

/** Keys that only some actions have: what stands under `action` then. */
const OWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  event: ["await"],
  form: ["await"],
  deadline: ["await"],
  duration: ["wait"],
  until: ["wait"],
  message: ["fail", "await"],
};

export interface ActionPlaces {
  /** In words: `task "fetch"`. */
  readonly what: string;
  readonly map: YamlMap;
  /** What the input may name. */
  readonly site: ExpressionSite;
}

/** Reads the action of a task; without one it does nothing. */
export function readAction(keys: Keys, places: ActionPlaces, reader: ValueReader): TaskAction {
  return new ActionReader(keys, places, reader).read();
}

class ActionReader {
  private readonly source: SourceText;
  private readonly place: Place;

  constructor(
    private readonly keys: Keys,
    private readonly places: ActionPlaces,
    private readonly reader: ValueReader,
  ) {
    this.source = reader.source;
    const node = valueOf(keys, "action") ?? valueOf(keys, "workflow") ?? valueOf(keys, "switch") ?? places.map;
    this.place = this.source.place(node.start, node.end);
  }

  read(): TaskAction {
    const { keys, place } = this;
    const given = ["action", "workflow", "switch"].filter((key) => keys.has(key));
    const [first, second] = given;
    if (first !== undefined && second !== undefined) {
      const { keyNode } = keys.get(second) as { keyNode: YamlNode };
      reportAt(this.source, "parse/conflicting-keys", `${this.places.what} has "${first}" and "${second}": a task does one thing`, keyNode);
    }
    if (first === "switch") return this.readSwitch();
    if (first === "workflow") return this.readWorkflow();
    const node = valueOf(keys, "action");
    const name = node?.kind === "scalar" ? String(node.value).trim() : "noop";
    if (node !== undefined && node.kind !== "scalar") reportAt(this.source, "parse/invalid-value", "An action is named by a text", node);
    this.checkOwnKeys(name);
    switch (name) {
      case "noop":
        return { kind: "value", value: this.refuseInput(name), place };
      case "pass":
        return { kind: "value", value: this.readInput("the input of \"pass\""), place };
      case "wait":
        return { kind: "wait", duration: this.readWait(), place };
      case "await":
        return readAwait(keys, { ...this.places, event: this.readEvent(), place }, this.reader);
      case "fail":
        return { kind: "fail", message: this.readMessage(), place };
      default:
        return this.readCall(name, node as YamlNode);
    }
  }

  private get site(): ExpressionSite {
    return this.places.site;
  }

  private literal(value: unknown): ValueSource {
    return { kind: "literal", value, place: this.place };
  }

  /** Secrets go to handlers alone: `place` names any other taker. */
  private readInput(place?: string): ValueSource {
    const node = valueOf(this.keys, "input");
    const site = place === undefined ? { ...this.site, hasSecrets: true } : { ...this.site, place };
    return node === undefined ? this.literal(null) : this.reader.readValue(node, site);
  }

  private refuseInput(name: string): ValueSource {
    const entry = this.keys.get("input");
    if (entry !== undefined) reportAt(this.source, "parse/conflicting-keys", `"${name}" takes no input`, entry.keyNode);
    return this.literal(null);
  }

  private readCall(name: string, node: YamlNode): TaskAction {
    const { place } = this;
    const input = valueOf(this.keys, "input") === undefined ? this.literal({}) : this.readInput();
    if (name.includes("{{")) return { kind: "call", task: "", taskName: this.reader.readValue(node, { ...this.site, place: "the name of an action" }), input, place };
    if (name === "" || /\s/.test(name)) reportAt(this.source, "parse/invalid-value", `"${name}" is no name of an action: it has no spaces`, node);
    return { kind: "call", task: name, input, place };
  }

  private readWorkflow(): TaskAction {
    const node = valueOf(this.keys, "workflow");
    const workflow = readText(node, "the name of a workflow", this.source) ?? "";
    const { keyNode } = this.keys.get("workflow") as { keyNode: YamlNode };
    if (node === undefined) reportAt(this.source, "parse/missing-key", `Which workflow does ${this.places.what} run?`, keyNode);
    if (workflow.includes("{{")) reportAt(this.source, "parse/not-supported", "The name of a workflow is written out: it cannot be computed", node ?? keyNode);
    this.checkOwnKeys("workflow");
    return { kind: "workflow", workflow, input: valueOf(this.keys, "input") === undefined ? this.literal({}) : this.readInput("the input of a workflow"), place: this.place };
  }

  private readSwitch(): TaskAction {
    const entry = this.keys.get("switch") as { value: YamlNode };
    this.checkOwnKeys("switch");
    this.refuseInput("switch");
    const expression = this.reader.readExpression(entry.value, { ...this.site, place: "switch" });
    return { kind: "value", value: expression === undefined ? this.literal(null) : { kind: "expression", expression }, place: this.place };
  }

  private readWait(): ValueSource {
    this.refuseInput("wait");
    const until = valueOf(this.keys, "until");
    const duration = this.keys.get("duration");
    if (until !== undefined && duration !== undefined)
      reportAt(this.source, "parse/conflicting-keys", `${this.places.what} waits for a "duration" or "until" a time, not both`, duration.keyNode);
    if (until !== undefined) return this.reader.readMoment(until, { ...this.site, place: '"until"' });
    const node = this.require("duration", "wait");
    return node === undefined ? this.literal(0) : this.reader.readDuration(node, { ...this.site, place: "duration" });
  }

  private readEvent(): string {
    this.refuseInput("await");
    const node = this.require("event", "await");
    const event = readText(node, "an event's name", this.source) ?? "";
    if (node !== undefined && (event === "" || /\s/.test(event))) reportAt(this.source, "parse/invalid-name", `The event "${event}" needs a name without spaces`, node);
    if (event.includes("{{")) reportAt(this.source, "parse/not-supported", "The name of an event is written out: it cannot be computed", node as YamlNode);
    return event;
  }

  private readMessage(): ValueSource {
    this.refuseInput("fail");
    const node = valueOf(this.keys, "message");
    if (node === undefined) return this.literal(`${this.places.what} failed`);
    if (node.kind === "scalar") return this.reader.readValue(node, { ...this.site, place: "message" });
    reportAt(this.source, "parse/invalid-value", "A message is a text", node);
    return this.literal("");
  }

  private require(key: string, action: string): YamlNode | undefined {
    const node = valueOf(this.keys, key);
    if (node === undefined) reportAt(this.source, "parse/missing-key", `The action "${action}" of ${this.places.what} needs "${key}"`, this.keys.get("action")?.value ?? this.places.map);
    return node;
  }

  private checkOwnKeys(action: string): void {
    for (const [key, owners] of Object.entries(OWN_KEYS)) {
      const entry = this.keys.get(key);
      if (entry === undefined || owners.includes(action)) continue;
      reportAt(this.source, "parse/conflicting-keys", `"${key}" belongs to the action "${owners.join('" or "')}"; what a handler gets stands under "input"`, entry.keyNode);
    }
  }
}
