/** Jest's global setup: what npm cannot bring is there before the first worker asks for it. A few stats when it is. */
import { fetchProgram, findProgram, natsServer, promtool } from "./debian-program.ts";

export default async function globalSetup(): Promise<void> {
  const missing = [natsServer, promtool].filter((program) => findProgram(program) === undefined);
  const fetched = await Promise.allSettled(missing.map((program) => fetchProgram(program)));
  fetched.forEach((result, at) => {
    // few tests need promtool, and they fetch it themselves where this did not work
    if (result.status === "rejected" && missing[at] !== promtool) throw result.reason;
  });
}
