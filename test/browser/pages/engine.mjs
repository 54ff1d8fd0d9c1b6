// A page with nothing but the library: tests call what stands on `globalThis.page`.
import { createBatch, createEngine } from "/dist/index.js";

const violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(`${event.effectiveDirective}: ${event.blockedURI}`));

globalThis.page = { createBatch, createEngine, violations };
document.title = "ready";
