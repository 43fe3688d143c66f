import { afterAll, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { connect } from "node:net";
import { expectNothingOpen } from "../../support/open.ts";
import { blackHole, freePort } from "../../support/ports.ts";

afterAll(expectNothingOpen);

describe("ports", () => {
  it("a free port refuses", async () => {
    const socket = connect(await freePort(), "127.0.0.1");
    await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("a black hole neither accepts nor refuses", async () => {
    const hole = await blackHole();
    const socket = connect({ port: hole.port, host: hole.host, timeout: 200 });
    const outcome = Promise.race(
      ["connect", "error", "timeout"].map((event) => once(socket, event).then(() => event)),
    );
    expect(await outcome).toBe("timeout");
    expect(socket.connecting).toBe(true);
    socket.destroy();
    await hole.close();
  });
});
