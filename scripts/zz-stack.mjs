import { runnerImport } from "vite";
const { module: p } = await runnerImport("/work/main/src/expression/parser.ts", { configFile: false, logLevel: "error" });
const { module: e } = await runnerImport("/work/main/src/expression/emitter.ts", { configFile: false, logLevel: "error" });
const scope = { slotOf: () => 0, typeOf: () => undefined, isOpen: true };
const go = (t) => { const r = p.parseExpression(t, { sizeMax: 1e7 }); const f = e.emitExpression(r.ast, scope, { text: t }); return r.findings.length + "/" + f.findings.length + "/" + f.code.registerCount; };
function run() {
  for (const s of ["(", "[", "!", "f(", "a[", "a ? b : ", "{a:"]) console.log(s, go(s.repeat(100000)));
  const d = 123;
  console.log(go("(a || b && c < d + e * -(".repeat(d) + "x" + "))".repeat(d)));
  console.log(go("[1].exists(x, [2].map(y, y > ".repeat(80) + "1" + "))".repeat(80)));
  console.log(go("a" + " + a".repeat(30000)));
}
run();
