/** Beside the mail service of every measured node: an action that does nothing, and the node's processor time. */
import type { ServiceSchema } from "moleculer";
import { cpuTime } from "./load.ts";

const schema: ServiceSchema = {
  name: "bench",
  actions: {
    empty() {},
    cpuTime: () => cpuTime(),
  },
  created() {
    // a node lives as long as the benchmark that started it
    process.on("disconnect", () => process.exit());
  },
};

export default schema;
