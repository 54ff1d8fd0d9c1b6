// The kernel's numbers that rooms above speak of as well: what is sent in, what comes out, and what it means.
export { CommandKind, EventKind, EventOutcome, ExploreBound, ExploreStep, LogLevel, RunEnd, SCOPE_LIMIT_FIRST, SEMANTICS_VERSION, VISIT_SCALE, Wire } from "../../assembly/abi.js";
