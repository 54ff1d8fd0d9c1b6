// Which seed the tests fuzz with: always the same one, unless the environment names another.

export const FUZZ_TEST_SEED = Number(process.env.MILLRACE_FUZZ_SEED ?? 20_261_120) >>> 0;
