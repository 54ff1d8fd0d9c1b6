// `npm start`: serves the built playground on the loopback address and prints where.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveFolders } from "./static-server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const defaultPort = 4173;

const asked = process.env.PORT === undefined || process.env.PORT === "" ? defaultPort : Number(process.env.PORT);
if (!Number.isInteger(asked) || asked < 0 || asked > 65_535) {
  console.error(`PORT is "${process.env.PORT}"; a number from 0 to 65535 is needed`);
  process.exit(1);
}
const { url } = await serveFolders({ folders: { "/": join(root, "build", "playground") }, hasStyleNonce: true, port: asked });
console.log(`\nMillrace playground: ${url}\nCtrl-C ends it.`);
