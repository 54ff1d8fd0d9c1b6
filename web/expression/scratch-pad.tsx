// The scratch-pad: a person pastes JSON, types an expression and sees at once what it gives, why, what it reads and what it costs.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "../app/icons.js";
import type { ExplainedPart, ExpressionDiagnostic, PathReference } from "../millrace-editor.js";
import { ValueTree, writeValue } from "../run/context-tree.js";
import { JsonEditor, readJson } from "../text/json-editor.js";
import { ExplanationTree, writeShort } from "./explanation-tree.js";
import { ExpressionEditor, formatPad, selectPlace } from "./expression-editor.js";
import { EXAMPLES, followPad, openExample, padContext, padExpression, padJson, padKernel, padResult, type PadResult, replaceExpression } from "./pad.js";

const SAID_DELAY_MS = 700;

/** What a screen reader is told once typing rests. */
function summarize(result: PadResult | undefined): string {
  if (padKernel.value === "loading") return "Loading";
  if (!padJson.value.isValid) return "The JSON cannot be read";
  if (result === undefined) return "";
  const errorCount = result.findings.filter(({ severity }) => severity === "error").length;
  if (errorCount > 0) return errorCount === 1 ? `1 error: ${result.findings.find(({ severity }) => severity === "error")?.message}` : `${errorCount} errors`;
  const { explanation } = result;
  if (explanation === undefined) return result.problem ?? "";
  if (explanation.status === "error") return `Fails: ${explanation.error?.message}`;
  return `Value ${writeShort(explanation.value)}, type ${explanation.type}, cost ${explanation.cost}`;
}

function Status(): VNode {
  const now = summarize(padResult.value);
  const [said, setSaid] = useState(now);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(now), SAID_DELAY_MS);
    return () => clearTimeout(timer);
  }, [now]);
  return (
    <p id="pad-status" class="visually-hidden" role="status" aria-live="polite">
      {said}
    </p>
  );
}

function isComposed(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !(value instanceof Uint8Array);
}

function Value({ part }: { part: ExplainedPart }): VNode {
  if (part.status !== "value") {
    return (
      <div class="pad-value is-error">
        <p class="pad-failure">{part.error?.message}</p>
        <p class="finding-code">{part.error?.code}</p>
      </div>
    );
  }
  const { value } = part;
  const tone = value === true ? " is-true" : value === false ? " is-false" : "";
  if (isComposed(value) && writeValue(value).length > 60) return <ValueTree value={value} label="Value" />;
  return <p class={`pad-value${tone}`}>{writeShort(value)}</p>;
}

function Fact({ name, children }: { name: string; children: string }): VNode {
  return (
    <div class="pad-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Result({ result }: { result: PadResult | undefined }): VNode {
  const kernel = padKernel.value;
  const part = result?.explanation;
  const isStale = result?.expression !== padExpression.value;
  return (
    <section class={`pad-card pad-result${isStale ? " is-stale" : ""}`} aria-labelledby="pad-result">
      <h2 id="pad-result">Result</h2>
      {typeof kernel === "object" && (
        <p class="field-problem" role="alert">
          {kernel.message} <span class="finding-code">{kernel.code}</span>
        </p>
      )}
      {part !== undefined && <Value part={part} />}
      {part === undefined && (
        <p class="quiet">
          {result?.problem ??
            (kernel === "loading" ? "Loading the kernel …" : padJson.value.isValid ? "The expression has errors: see the findings." : "The context cannot be read yet.")}
        </p>
      )}
      {part !== undefined && (
        <dl class="pad-facts">
          {part.type !== undefined && <Fact name="Type">{part.type}</Fact>}
          {part.cost !== undefined && <Fact name="Cost">{`${part.cost.toLocaleString("en")} ${part.cost === 1 ? "unit" : "units"}`}</Fact>}
        </dl>
      )}
    </section>
  );
}

function Finding({ finding }: { finding: ExpressionDiagnostic }): VNode {
  const { severity, message, code, place, suggestion } = finding;
  const mend = (): void => {
    if (suggestion === undefined) return;
    const text = padExpression.peek();
    replaceExpression(text.slice(0, suggestion.start) + suggestion.text + text.slice(suggestion.end));
    selectPlace({ start: suggestion.start, end: suggestion.start + suggestion.text.length });
  };
  return (
    <li class="pad-finding">
      <button type="button" class={`finding finding-${severity}`} onClick={() => selectPlace(place)}>
        <span class="finding-mark" aria-hidden="true" />
        <span class="finding-text">
          <span class="visually-hidden">{severity}: </span>
          {message} <span class="finding-code">{code}</span>
        </span>
        <span class="finding-place">
          {place.line}:{place.column}
        </span>
      </button>
      {suggestion !== undefined && (
        <button type="button" class="button button-small" onClick={mend}>
          Use {suggestion.text}
        </button>
      )}
    </li>
  );
}

function Findings({ findings }: { findings: readonly ExpressionDiagnostic[] }): VNode {
  return (
    <section class="pad-card" aria-labelledby="pad-findings">
      <h2 id="pad-findings">
        Findings <span class="pad-count">{findings.length === 0 ? "none" : findings.length}</span>
      </h2>
      {findings.length > 0 && (
        <ul class="pad-findings">
          {findings.map((finding, index) => (
            <Finding key={index} finding={finding} />
          ))}
        </ul>
      )}
    </section>
  );
}

function References({ references }: { references: readonly PathReference[] }): VNode {
  return (
    <section class="pad-card" aria-labelledby="pad-paths">
      <h2 id="pad-paths">
        Reads <span class="pad-count">{references.length === 0 ? "nothing" : references.length}</span>
      </h2>
      {references.length > 0 && (
        <ul class="pad-paths">
          {references.map(({ path, places }) => (
            <li key={path}>
              <button type="button" class="pad-path" title="Show in the expression" onClick={() => places[0] !== undefined && selectPlace(places[0])}>
                {path}
                {places.length > 1 && <span class="pad-times"> ×{places.length}</span>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Examples(): VNode {
  const choose = (event: Event): void => {
    const select = event.currentTarget as HTMLSelectElement;
    const example = EXAMPLES[Number(select.value)];
    if (example !== undefined) openExample(example);
    select.value = "";
  };
  return (
    <select class="pad-examples" aria-label="Examples" value="" onChange={choose}>
      <option value="">Examples …</option>
      {EXAMPLES.map(({ title }, index) => (
        <option key={title} value={index}>
          {title}
        </option>
      ))}
    </select>
  );
}

/** The page of the scratch-pad. */
export function ScratchPad(): VNode {
  useEffect(() => followPad(), []);
  const result = padResult.value;
  const json = padJson.value;
  const isOther = !json.isValid && readJson(padContext.value).isValid;
  return (
    <main class="pad" aria-label="Scratch-pad for expressions">
      <Status />
      <div class="pad-inputs">
        <section class="pad-card" aria-labelledby="pad-expression">
          <div class="pad-head">
            <h2 id="pad-expression">Expression</h2>
            <Examples />
            <button type="button" class="button button-small" title="Shift+Alt+F" onClick={formatPad}>
              <Icon name="text" size={14} /> Format
            </button>
          </div>
          <ExpressionEditor />
          <p class="quiet pad-hint">
            <kbd>Ctrl</kbd> <kbd>Space</kbd> completes, <kbd>F12</kbd> goes to the next place of the same path.
          </p>
        </section>
        <section class="pad-card pad-context" aria-labelledby="pad-context">
          <h2 id="pad-context">Context</h2>
          <JsonEditor text={padContext.value} label="Context as JSON" hint='{ "order": { "total": 12 } }' onText={(text) => (padContext.value = text)} />
          {isOther && (
            <p class="field-problem" role="alert">
              {json.message}
            </p>
          )}
        </section>
      </div>
      <div class="pad-outputs">
        <Result result={result} />
        <Findings findings={result?.findings ?? []} />
        <References references={result?.references ?? []} />
        {result?.explanation !== undefined && (
          <section class="pad-card" aria-labelledby="pad-explanation">
            <h2 id="pad-explanation">How it comes about</h2>
            <ExplanationTree part={result.explanation} />
          </section>
        )}
      </div>
    </main>
  );
}
