/** Facts about commands that go out together (RFC 2920), against a server that answers only once it has heard enough. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "@jest/globals";
import { openTransport } from "../../../lib/smtp/transport.ts";
import type { Parcel } from "../../../lib/smtp/transaction.ts";
import { plainTransportTo } from "../../support/transport.ts";

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0).toReversed()) one.close();
});

/** Collects what one client says in one write, and answers it as a whole. `texts`: everything that came, write by write. */
async function serverThat(
  answers: (text: string) => string | undefined,
): Promise<{ port: number; texts: string[] }> {
  const texts: string[] = [];
  const server: Server = createServer((socket) => {
    socket
      .setNoDelay(true)
      .setEncoding("latin1")
      .on("error", () => {});
    socket.write("220 ready\r\n");
    let heard = "";
    socket.on("data", (chunk: string) => {
      heard += chunk;
      const answer = answers(heard);
      if (answer === undefined) return;
      texts.push(heard);
      heard = "";
      socket.write(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(server);
  return { port: (server.address() as AddressInfo).port, texts };
}

const hello = "250-test\r\n250 PIPELINING\r\n";
const parcel: Parcel = {
  from: "me@example.com",
  to: ["ann@example.com", "bob@example.com"],
  bytes: Buffer.from("Subject: Hello\r\n\r\nIt works.\r\n"),
  sender: "configured",
};

async function sendTo(port: number, change: Partial<Parcel> = {}) {
  const transport = openTransport(plainTransportTo({ port }));
  open.push(transport);
  return transport.send({ ...parcel, ...change });
}

describe("a server that takes commands together", () => {
  it("gets envelope and DATA in one go", async () => {
    const { port, texts } = await serverThat((text) => {
      if (text.startsWith("EHLO")) return hello;
      if (text.endsWith("DATA\r\n")) return "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n";
      return text.endsWith("\r\n.\r\n") ? "250 taken\r\n" : undefined;
    });
    expect(await sendTo(port)).toMatchObject([{ reply: { text: "taken" } }, { reply: { text: "taken" } }]);
    expect(texts[1]).toBe(
      "MAIL FROM:<me@example.com>\r\nRCPT TO:<ann@example.com>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n",
    );
  });

  it("gets DATA apart where somebody has to be asked before", async () => {
    const { port, texts } = await serverThat((text) => {
      if (text.startsWith("EHLO")) return hello;
      if (text === "DATA\r\n") return "354 go\r\n";
      if (text.startsWith("MAIL")) return text.includes("bob") ? "250 ok\r\n250 ok\r\n250 ok\r\n" : undefined;
      return text.endsWith("\r\n.\r\n") ? "250 taken\r\n" : undefined;
    });
    expect(await sendTo(port, { clearance: async () => true })).toMatchObject([{ reply: {} }, { reply: {} }]);
    expect(texts[2]).toBe("DATA\r\n");
  });

  it("refuses one of two, and the other gets the message", async () => {
    const { port } = await serverThat((text) => {
      if (text.startsWith("EHLO")) return hello;
      if (text.endsWith("DATA\r\n")) return "250 ok\r\n550 5.1.1 nobody\r\n250 ok\r\n354 go\r\n";
      return text.endsWith("\r\n.\r\n") ? "250 taken\r\n" : undefined;
    });
    expect(await sendTo(port)).toMatchObject([
      { address: "ann@example.com", fault: { stage: "rcpt", reply: { code: 550 } } },
      { address: "bob@example.com", reply: { text: "taken" } },
    ]);
  });

  it("refuses the sender: what it says to the rest is nobody's answer", async () => {
    const { port, texts } = await serverThat((text) => {
      if (text.startsWith("EHLO")) return hello;
      if (text.endsWith("DATA\r\n")) return "553 not yours\r\n503 no\r\n503 no\r\n503 no\r\n";
      return undefined;
    });
    const transport = openTransport(plainTransportTo({ port }));
    open.push(transport);
    const refused = { fault: { stage: "mail", reply: { code: 553 } } };
    expect(await transport.send(parcel)).toMatchObject([refused, refused]);
    expect(texts).toHaveLength(2);
  });

  it("agrees to DATA though nobody was accepted: it gets no message at all", async () => {
    const { port, texts } = await serverThat((text) => {
      if (text.startsWith("EHLO")) return hello;
      return text.endsWith("DATA\r\n") ? "250 ok\r\n550 no\r\n550 no\r\n354 go\r\n" : undefined;
    });
    const nobody = { fault: { stage: "rcpt", reply: { code: 550 } } };
    expect(await sendTo(port)).toMatchObject([nobody, nobody]);
    expect(texts).toHaveLength(2);
  });

  it("agrees to DATA with a 250 where nobody was accepted: its refusals are not believed either", async () => {
    const { port } = await serverThat((text) => {
      if (text.startsWith("EHLO")) return hello;
      return text.endsWith("DATA\r\n") ? "250 ok\r\n550 no\r\n550 no\r\n250 what?\r\n" : undefined;
    });
    const nobodyKnows = { fault: { stage: "data", command: "DATA", cause: "REPLY_INCONSISTENT" } };
    expect(await sendTo(port)).toMatchObject([nobodyKnows, nobodyKnows]);
  });

  it("that is out of step is never believed: a kept line with a reply too many is given up for a new one", async () => {
    let transactions = 0;
    const { port } = await serverThat((text) => {
      if (text.startsWith("EHLO")) return hello;
      if (text.endsWith("DATA\r\n")) {
        transactions += 1;
        // the second time an old reply comes first: taken for that to MAIL, it would shift all the others
        return transactions === 2
          ? "250 old\r\n250 ok\r\n550 nobody\r\n250 ok\r\n354 go\r\n"
          : "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n";
      }
      return text.endsWith("\r\n.\r\n") ? "250 taken\r\n" : undefined;
    });
    const transport = openTransport(plainTransportTo({ port }));
    open.push(transport);
    const taken = { reply: { text: "taken" } };
    expect(await transport.send(parcel)).toMatchObject([taken, taken]);
    expect(await transport.send(parcel)).toMatchObject([taken, taken]);
    expect(transactions).toBe(3);
  });
});

it("a server that does not say so gets one command at a time", async () => {
  const { port, texts } = await serverThat((text) => {
    if (text.startsWith("EHLO")) return "250 test\r\n";
    if (text === "DATA\r\n") return "354 go\r\n";
    return text.endsWith("\r\n.\r\n") ? "250 taken\r\n" : "250 ok\r\n";
  });
  await sendTo(port, { to: ["ann@example.com"] });
  expect(texts.slice(1, 4)).toEqual([
    "MAIL FROM:<me@example.com>\r\n",
    "RCPT TO:<ann@example.com>\r\n",
    "DATA\r\n",
  ]);
});
