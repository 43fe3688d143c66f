/** Preload for a node under test: it loads what takes long to load, then waits for a line with its environment, as JSON. */
import { flushCompileCache } from "node:module";
import { once } from "node:events";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  await Promise.all([
    import("../../../services/mail.service.ts"),
    import("../../../services/gateway.service.ts"),
  ]);
  // for the next one: this process may not live to do it at its end
  flushCompileCache();
  const [line] = (await once(process.stdin, "data")) as [Buffer];
  process.stdin.destroy();
  Object.assign(process.env, JSON.parse(line.toString()));
}
