// Random tests of fast-check take the same values on every machine; `npm run prove-properties` gives them others.
import fc from "fast-check";

const SEED = 20_261_101;

fc.configureGlobal({ seed: Number(process.env["MILLRACE_PROPERTY_SEED"] ?? SEED) });
