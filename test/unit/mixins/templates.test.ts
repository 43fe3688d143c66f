/** Facts about the letters of a service whose first reading of them fails. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { createMailService } from "../../../services/mail.service.ts";
import { configFor } from "../../support/config.ts";
import { closeEverything, opened } from "../../support/open.ts";

afterEach(closeEverything);

describe("letters that could not be read", () => {
  it("are read at the next call", async () => {
    const { brand, ...rest } = configFor([]);
    let readings = 0;
    const config = {
      ...rest,
      get brand() {
        if (++readings === 1) throw new Error("too many open files");
        return brand;
      },
    };
    const broker = new ServiceBroker({ logger: false });
    broker.createService(createMailService({ config }));
    const closed = opened("mail node", async () => {
      await broker.stop();
      closed();
    });
    await broker.start();
    const request = { template: "verification", data: { code: "481516", minutes: 10 } };
    expect(readings).toBe(1);
    expect(await broker.call("mail.render", request)).toMatchObject({ locale: "en" });
  });
});
