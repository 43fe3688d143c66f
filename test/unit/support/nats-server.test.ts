import { afterAll, describe, expect, it } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { startNats, tapNats } from "../../support/nats-server.ts";
import { expectNothingOpen } from "../../support/open.ts";
import { freePort } from "../../support/ports.ts";

afterAll(expectNothingOpen);

async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "meshmail-test-"));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe("a NATS server for tests", () => {
  it("runs beside another one, each a mesh of its own", async () => {
    const servers = await Promise.all([startNats(), startNats()]);
    const [first, second] = await Promise.all(servers.map((server) => server.tap(">")));
    const publisher = await connect({ servers: servers[0].url });

    publisher.publish("greeting", "hello");
    await publisher.flush();
    await publisher.close();

    expect(servers[0].port).not.toBe(servers[1].port);
    expect(await first?.text()).toBe("greeting hello");
    expect(await second?.text()).toBe("");
    await Promise.all([first?.close(), second?.close()]);
    await Promise.all(servers.map((server) => server.stop()));
    await expect(connect({ servers: servers[0].url })).rejects.toThrow("CONNECTION_REFUSED");
  });

  it("takes what max_payload allows and says what it is", async () => {
    const server = await startNats({ maxPayload: 2048 });
    const client = await connect({ servers: server.url });
    expect(client.info?.max_payload).toBe(2048);
    await client.close();
    await server.stop();
  });

  it("keeps its streams through a kill, on the port that it had", async () => {
    await inDirectory(async (storeDir) => {
      const options = { jetstream: true, storeDir, port: await freePort() };
      const first = await startNats(options);
      expect(first.port).toBe(options.port);
      const before = await connect({ servers: first.url });
      await (await before.jetstreamManager()).streams.add({ name: "letters", subjects: ["letter"] });
      await before.jetstream().publish("letter", "dear");
      await before.close();
      await first.kill();

      const second = await startNats(options);
      const after = await connect({ servers: second.url });
      const { state } = await (await after.jetstreamManager()).streams.info("letters");
      expect(state.messages).toBe(1);
      await after.close();
      await second.stop();
    });
  });

  it("asks for the password that its configuration names", async () => {
    const server = await startNats({ config: 'authorization { user: mesh, password: "p@ss" }' });
    await expect(connect({ servers: server.url })).rejects.toThrow("Authorization Violation");
    const tap = await tapNats(`nats://mesh:p%40ss@127.0.0.1:${server.port}`, "x");
    await tap.close();
    await server.stop();
  });

  it("says in its own words why it did not start", async () => {
    await expect(startNats({ config: "no such setting" })).rejects.toThrow(
      /ended before it was ready:\n.*Parse error on line 2/,
    );
  });
});
