// The texts that a person works on: the samples, changed copies of them, and drafts of their own. Each change is kept
// at once, so that a reload loses nothing.
import { computed, signal } from "@preact/signals";
import { recall, remember } from "../app/preferences.js";
import { SAMPLES, STARTER_TEXT } from "./samples.js";

/** What a text is called in storage and in the address: `sample:<id>` or `draft:<name>`. */
export type DocumentKey = `sample:${string}` | `draft:${string}`;

export interface TextDocument {
  readonly key: DocumentKey;
  readonly title: string;
  readonly isDraft: boolean;
}

const draftNameSizeMax = 60;

/** Names of the person's own drafts, in order of creation. */
export const draftNames = signal<readonly string[]>(recall<string[]>("drafts", []));
/** The samples whose text the person has changed. */
export const changedSamples = signal<ReadonlySet<string>>(new Set(recall<string[]>("changed-samples", [])));
/** The text being worked on. */
export const documentKey = signal<DocumentKey>(readFirstKey());
/** Its content, as in the editor. */
export const source = signal<string>(readText(documentKey.value));
/** Goes up whenever the text was replaced from outside the editor. */
export const sourceVersion = signal(0);
/** False when the browser would not keep the last change. */
export const isKept = signal(true);

export const currentDocument = computed<TextDocument>(() => describeDocument(documentKey.value));
export const isSampleChanged = computed(() => {
  const key = documentKey.value;
  return key.startsWith("sample:") && changedSamples.value.has(key.slice(7));
});

function readFirstKey(): DocumentKey {
  const key = recall<string>("document", "");
  return isKnown(key) ? key : `sample:${SAMPLES[0]?.id ?? ""}`;
}

function isKnown(key: string): key is DocumentKey {
  if (key.startsWith("sample:")) return SAMPLES.some((sample) => sample.id === key.slice(7));
  return key.startsWith("draft:") && draftNames.value.includes(key.slice(6));
}

function describeDocument(key: DocumentKey): TextDocument {
  if (key.startsWith("draft:")) return { key, title: key.slice(6), isDraft: true };
  return { key, title: SAMPLES.find((sample) => sample.id === key.slice(7))?.title ?? key.slice(7), isDraft: false };
}

function readOriginal(key: DocumentKey): string {
  return SAMPLES.find((sample) => `sample:${sample.id}` === key)?.text ?? "";
}

function readText(key: DocumentKey): string {
  return recall<string>(`text:${key}`, readOriginal(key));
}

/** Opens a sample or a draft; an unknown key changes nothing. */
export function openDocument(key: string): boolean {
  if (!isKnown(key)) return false;
  documentKey.value = key;
  source.value = readText(key);
  sourceVersion.value += 1;
  remember("document", key);
  return true;
}

/** Takes the editor's text and keeps it. */
export function editSource(text: string): void {
  if (text === source.peek()) return;
  source.value = text;
  const key = documentKey.peek();
  isKept.value = remember(`text:${key}`, text);
  if (key.startsWith("sample:")) markSample(key.slice(7), text !== readOriginal(key));
}

/** Replaces the text, as if the person had pasted it. */
export function replaceSource(text: string): void {
  editSource(text);
  sourceVersion.value += 1;
}

function markSample(id: string, isChanged: boolean): void {
  if (changedSamples.peek().has(id) === isChanged) return;
  const next = new Set(changedSamples.peek());
  if (isChanged) next.add(id);
  else next.delete(id);
  changedSamples.value = next;
  remember("changed-samples", [...next]);
  if (!isChanged) remember(`text:sample:${id}`, undefined);
}

/** Puts a changed sample back to its original text. */
export function revertSample(): void {
  const key = documentKey.peek();
  if (key.startsWith("sample:")) replaceSource(readOriginal(key));
}

function listDrafts(names: readonly string[]): void {
  draftNames.value = names;
  remember("drafts", names);
}

function nameFreely(wanted: string): string {
  const base = wanted.trim().slice(0, draftNameSizeMax) || "Untitled";
  if (!draftNames.peek().includes(base)) return base;
  let count = 2;
  while (draftNames.peek().includes(`${base} ${count}`)) count += 1;
  return `${base} ${count}`;
}

/** Makes a draft and opens it; answers the name it got. */
export function createDraft(name = "Untitled", text = STARTER_TEXT): string {
  const free = nameFreely(name);
  listDrafts([...draftNames.peek(), free]);
  isKept.value = remember(`text:draft:${free}`, text);
  openDocument(`draft:${free}`);
  return free;
}

/** Makes a draft out of the text on show. */
export function copyToDraft(): string {
  const { title, isDraft } = currentDocument.peek();
  return createDraft(isDraft ? `${title} copy` : title, source.peek());
}

/** Gives the open draft another name; answers the name it got. */
export function renameDraft(wanted: string): string {
  const old = currentDocument.peek();
  if (!old.isDraft || wanted.trim() === "" || wanted.trim() === old.title) return old.title;
  const free = nameFreely(wanted);
  remember(`text:draft:${free}`, source.peek());
  remember(`text:${old.key}`, undefined);
  listDrafts(draftNames.peek().map((name) => (name === old.title ? free : name)));
  openDocument(`draft:${free}`);
  return free;
}

/** Deletes the open draft and opens the first sample. */
export function deleteDraft(): void {
  const { key, title, isDraft } = currentDocument.peek();
  if (!isDraft) return;
  listDrafts(draftNames.peek().filter((name) => name !== title));
  remember(`text:${key}`, undefined);
  openDocument(`sample:${SAMPLES[0]?.id ?? ""}`);
}
