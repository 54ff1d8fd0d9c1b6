// The door `millrace` in Node, where there is no Web Worker: the in-thread engine. Its types are those of the door index.
export { createBatch, createEngine, readSiteStorage, requestPersistence, WorkflowError } from "./local.js";
