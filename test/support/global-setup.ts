/** Jest's global setup: what npm cannot bring is there before the first worker asks for it. A few stats when it is. */
import { fetchNatsServer, findNatsServer } from "./nats-program.ts";

export default async function globalSetup(): Promise<void> {
  if (findNatsServer() === undefined) await fetchNatsServer();
}
