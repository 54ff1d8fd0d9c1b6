// The worker's file: an engine in this worker, served to the page that started it. Built as one self-contained module.
import { holdLifeline, joinEngine } from "../create-engine.js";
import { type HostEndpoint, startHost } from "./host.js";

startHost(globalThis as unknown as HostEndpoint, (options, tasksPort) => joinEngine({ ...options, tasksPort }), holdLifeline);
