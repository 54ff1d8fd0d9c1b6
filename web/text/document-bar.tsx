// The bar above the editor: choose a sample or a draft, make, copy, rename and delete drafts, revert a sample.
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { announce } from "../app/announcement.js";
import { Icon, type IconName } from "../app/icons.js";
import {
  changedSamples,
  copyToDraft,
  createDraft,
  currentDocument,
  deleteDraft,
  documentKey,
  draftNames,
  isKept,
  isSampleChanged,
  openDocument,
  renameDraft,
  revertSample,
} from "./documents.js";
import { SAMPLES } from "./samples.js";
import { focusEditor } from "./source-editor.js";

function BarButton({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }): VNode {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

function RenameField({ onDone }: { onDone: () => void }): VNode {
  const isDone = useRef(false);
  const finish = (value: string | undefined): void => {
    if (isDone.current) return;
    isDone.current = true;
    if (value !== undefined) renameDraft(value);
    onDone();
  };
  return (
    <input
      class="document-name"
      type="text"
      aria-label="Name of the draft"
      maxLength={60}
      defaultValue={currentDocument.value.title}
      ref={(element) => {
        if (element && document.activeElement !== element) element.select();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") finish(event.currentTarget.value);
        if (event.key === "Escape") finish(undefined);
      }}
      onBlur={(event) => finish(event.currentTarget.value)}
    />
  );
}

function Picker(): VNode {
  return (
    <select
      class="document-name"
      aria-label="Workflow text"
      value={documentKey.value}
      onChange={(event) => {
        const { value } = event.currentTarget;
        if (value === "new") createDraft();
        else openDocument(value);
      }}
    >
      <optgroup label="Samples">
        {SAMPLES.map(({ id, title }) => (
          <option key={id} value={`sample:${id}`}>
            {title}
            {changedSamples.value.has(id) ? " (changed)" : ""}
          </option>
        ))}
      </optgroup>
      <optgroup label="Your own">
        {draftNames.value.map((name) => (
          <option key={name} value={`draft:${name}`}>
            {name}
          </option>
        ))}
        <option value="new">New draft…</option>
      </optgroup>
    </select>
  );
}

/** The bar. */
export function DocumentBar(): VNode {
  const [isRenaming, setRenaming] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const { isDraft, title } = currentDocument.value;
  const create = (): void => {
    announce(`Made the draft “${createDraft()}”`);
    focusEditor();
  };
  return (
    <div class="document-bar">
      {isRenaming ? <RenameField key={title} onDone={() => setRenaming(false)} /> : <Picker />}
      {isSampleChanged.value && <BarButton icon="undo" label="Back to the sample's original text" onClick={revertSample} />}
      {isDraft && <BarButton icon="pencil" label="Rename this draft" onClick={() => setRenaming(true)} />}
      {isDraft && !isDeleting && <BarButton icon="trash" label="Delete this draft" onClick={() => setDeleting(true)} />}
      <BarButton icon="copy" label="Copy to a draft of your own" onClick={() => announce(`Copied to the draft “${copyToDraft()}”`)} />
      <BarButton icon="plus" label="New draft" onClick={create} />
      {isDeleting && isDraft && (
        <span class="confirm" role="group" aria-label={`Delete the draft ${title}?`}>
          <button type="button" class="button button-small button-danger" onClick={() => (deleteDraft(), setDeleting(false))}>
            Delete “{title}”
          </button>
          <button type="button" class="button button-small" onClick={() => setDeleting(false)}>
            Keep
          </button>
        </span>
      )}
      {!isKept.value && (
        <p class="notice notice-warn" role="alert">
          <Icon name="warning" /> This browser did not keep the last change: its storage is full or switched off.
        </p>
      )}
    </div>
  );
}
