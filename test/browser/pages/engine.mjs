// A page with nothing but the library: tests call what stands on `globalThis.page`.
import { createBatch, createEngine, readSiteStorage, requestPersistence } from "/dist/index.js";

const violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(`${event.effectiveDirective}: ${event.blockedURI}`));

globalThis.page = { createBatch, createEngine, readSiteStorage, requestPersistence, violations };
document.title = "ready";
