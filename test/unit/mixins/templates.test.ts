/** Facts about the letters of a service whose first reading of them fails, or whose folder goes away and comes back. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { createMailService } from "../../../services/mail.service.ts";
import { askUntil } from "../../support/ask-until.ts";
import { configFor } from "../../support/config.ts";
import { closeEverything, opened } from "../../support/open.ts";
import { scratchFolder } from "../../support/scratch.ts";

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

describe("a watched folder", () => {
  it("is followed when another takes its place, and when it comes back", async () => {
    const folder = join(scratchFolder(), "templates");
    const write = (subject: string) => {
      const words = join(folder, "pulse/en");
      mkdirSync(words, { recursive: true });
      writeFileSync(join(words, "subject.hbs"), subject);
      writeFileSync(join(words, "text.hbs"), "It beats.");
    };
    write("First");
    const config = configFor([], { MAIL_TEMPLATES: folder });
    const broker = new ServiceBroker({ logger: false });
    broker.createService(createMailService({ config, watchTemplates: true }));
    const closed = opened("mail node", async () => {
      await broker.stop();
      closed();
    });
    await broker.start();
    const shows = (subject: string) =>
      askUntil(
        () => broker.call<{ subject: string }, object>("mail.render", { template: "pulse" }),
        (letter) => letter.subject === subject,
      );
    await shows("First");

    renameSync(folder, `${folder}.old`);
    write("Second");
    await shows("Second");
    rmSync(folder, { recursive: true });
    write("Third");
    await shows("Third");
    // it is the new one that is watched
    write("Fourth");
    await shows("Fourth");
  });
});
