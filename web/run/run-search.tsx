// The search over all runs: status and workflow always, the other conditions where they are asked for or set. What is wrong with a condition stands
// beside it.
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { Icon } from "../app/icons.js";
import type { RunSort } from "../millrace.js";
import { countConditions, type FieldCondition, type RunSearch, type StatusChoice } from "./run-query.js";
import { changeSearch, search, searchProblem, seenFields, seenWorkflows } from "./run-results.js";

const STATUSES: readonly (readonly [StatusChoice, string])[] = [
  ["all", "All statuses"],
  ["live", "Not ended"],
  ["scheduled", "Scheduled"],
  ["running", "Running"],
  ["waiting", "Waiting"],
  ["paused", "Paused"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["canceled", "Canceled"],
  ["timedOut", "Timed out"],
];

const SORTS: readonly (readonly [`${RunSort} ${"newest" | "oldest"}`, string])[] = [
  ["started newest", "Started last"],
  ["started oldest", "Started first"],
  ["updated newest", "Changed last"],
  ["updated oldest", "Changed first"],
  ["ended newest", "Ended last"],
  ["ended oldest", "Ended first"],
  ["duration newest", "Longest"],
  ["duration oldest", "Shortest"],
];

const isMoreOpen = signal(false);

type TextName = "workflow" | "tag" | "errorCode" | "startedFrom" | "startedTo" | "durationMin" | "durationMax";

interface TextFieldProps {
  readonly name: TextName;
  readonly label: string;
  readonly type?: "text" | "number" | "datetime-local";
  readonly placeholder?: string;
  readonly list?: string;
}

function TextField({ name, label, type = "text", placeholder, list }: TextFieldProps): VNode {
  return (
    <div class="field">
      <label for={`search-${name}`}>{label}</label>
      <input
        id={`search-${name}`}
        type={type}
        value={search.value[name]}
        spellcheck={false}
        autocomplete="off"
        {...(type === "number" && { min: 0, step: "any" })}
        {...(placeholder !== undefined && { placeholder })}
        {...(list !== undefined && { list })}
        onInput={(event) => changeSearch({ [name]: event.currentTarget.value } as Partial<RunSearch>, true)}
      />
    </div>
  );
}

function ValueFields(): VNode {
  const { fields } = search.value;
  const change = (at: number, part: Partial<FieldCondition>): void => {
    const next = [...fields, { name: "", value: "" }].map((each, index) => (index === at ? { ...each, ...part } : each));
    changeSearch({ fields: next.filter(({ name, value }) => name !== "" || value !== "") }, true);
  };
  return (
    <fieldset class="search-values">
      <legend>Searchable values</legend>
      {[...fields, { name: "", value: "" }].map(({ name, value }, at) => (
        <div key={at} class="search-value">
          <input
            type="text"
            aria-label={`Name of value ${at + 1}`}
            placeholder="customer"
            list="seen-fields"
            spellcheck={false}
            autocomplete="off"
            value={name}
            onInput={(event) => change(at, { name: event.currentTarget.value })}
          />
          <input
            type="text"
            aria-label={`What value ${at + 1} is`}
            placeholder="c-17, or 100..500"
            spellcheck={false}
            autocomplete="off"
            value={value}
            onInput={(event) => change(at, { value: event.currentTarget.value })}
          />
        </div>
      ))}
      <datalist id="seen-fields">
        {seenFields.value.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </fieldset>
  );
}

function FilterField(): VNode {
  const problem = search.value.filter.trim() === "" || searchProblem.value?.code !== "store/bad-query" ? undefined : searchProblem.value;
  const finding = problem?.findings?.[0];
  return (
    <div class="field search-filter">
      <label for="search-filter">
        Condition in CEL <span class="field-type">runId, workflow, status, duration, fields.customer, error.code …</span>
      </label>
      <input
        id="search-filter"
        class="mono"
        type="text"
        spellcheck={false}
        autocomplete="off"
        placeholder={'fields.total > 100 && !("test" in tags)'}
        value={search.value.filter}
        aria-invalid={problem === undefined ? undefined : "true"}
        aria-describedby={problem === undefined ? undefined : "search-filter-problem"}
        onInput={(event) => changeSearch({ filter: event.currentTarget.value }, true)}
      />
      {problem !== undefined && (
        <div id="search-filter-problem" class="field-problem" role="alert">
          {finding?.message ?? problem.message}
          {finding?.place.snippet !== undefined && <pre class="search-snippet">{finding.place.snippet}</pre>}
        </div>
      )}
    </div>
  );
}

function MoreFields(): VNode {
  return (
    <div class="search-more" id="search-more">
      <TextField name="startedFrom" label="Started from" type="datetime-local" />
      <TextField name="startedTo" label="Started to" type="datetime-local" />
      <TextField name="durationMin" label="Took at least, s" type="number" />
      <TextField name="durationMax" label="Took at most, s" type="number" />
      <TextField name="tag" label="Tag" />
      <TextField name="errorCode" label="Code of the error" placeholder="task/failed" />
      <ValueFields />
      <FilterField />
    </div>
  );
}

/** The form. */
export function RunSearchForm(): VNode {
  const current = search.value;
  const count = countConditions(current);
  const sort = `${current.sort} ${current.order}`;
  const choose = (value: string): void => {
    const [by, order] = value.split(" ") as [RunSort, "newest" | "oldest"];
    changeSearch({ sort: by, order });
  };
  return (
    <form class="run-search" role="search" aria-label="Runs" onSubmit={(event) => event.preventDefault()}>
      <div class="search-line">
        <div class="field">
          <label for="search-status">Status</label>
          <select id="search-status" value={current.status} onChange={(event) => changeSearch({ status: event.currentTarget.value as StatusChoice })}>
            {STATUSES.map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <TextField name="workflow" label="Workflow" placeholder="Any" list="seen-workflows" />
        <div class="field">
          <label for="search-sort">Order</label>
          <select id="search-sort" value={sort} onChange={(event) => choose(event.currentTarget.value)}>
            {SORTS.map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <datalist id="seen-workflows">
          {seenWorkflows.value.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button
          type="button"
          class="button search-toggle"
          aria-expanded={isMoreOpen.value}
          aria-controls="search-more"
          onClick={() => (isMoreOpen.value = !isMoreOpen.value)}
        >
          <Icon name="filter" size={14} /> Conditions
          {count > 0 && (
            <span class="count">
              {count}
              <span class="visually-hidden"> set</span>
            </span>
          )}
        </button>
      </div>
      {isMoreOpen.value && <MoreFields />}
    </form>
  );
}
