/** Facts about a disk that is really full: on a small file system of its own, which only root can mount. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "@jest/globals";
import { startNode } from "../support/node.ts";
import { closeEverything, opened } from "../support/open.ts";
import { database, scratchFolder } from "../support/scratch.ts";
import { startSmtpServer } from "../support/smtp-server.ts";

afterEach(async () => {
  await closeEverything();
});

const PIECE = 64 * 1024;

/** Undefined where this user may not. */
function smallDisk(size: string): string | undefined {
  const folder = join(scratchFolder(), "disk");
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", folder], { stdio: "pipe" });
  } catch {
    return undefined;
  }
  const done = opened(folder, async () => {
    execFileSync("umount", [folder]);
    done();
  });
  return folder;
}

/** Nobody tells of a disk when it changes: it is looked at. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not seen within 30 s: ${String(condition)}`);
    await sleep(100);
  }
}

it("refuses what does not fit, writes down what was sent, and loses and doubles nothing", async () => {
  const disk = smallDisk("200m");
  if (disk === undefined) {
    console.warn("A full disk was not tried: this user may not mount a file system.");
    return;
  }
  const path = join(disk, "outbox.db");
  const ballast = join(disk, "ballast");
  const fill = (leave = 0) => {
    const { bavail, bsize } = statfsSync(disk);
    const pieces = Math.ceil((bavail * bsize - leave) / PIECE);
    try {
      for (let at = 0; at < pieces; at += 1) writeFileSync(ballast, Buffer.alloc(PIECE, 1), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  };
  // the first message is on the wire when the disk runs full
  const smtp = await startSmtpServer({
    tls: "none",
    auth: "none",
    script: {
      dot: ({ total }) => {
        if (total === 1) fill();
        return undefined;
      },
    },
  });
  const node = await startNode({
    SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
    SMTP_SENDER: "me@example.com",
    MAIL_OUTBOX: `sqlite:${path}`,
    GATEWAY_PORT: "0",
  });
  const gateway = /listens on (\S+?)\.?\s/.exec(await node.says(/listens on \S+\s/))?.[1] ?? "";
  const send = async (text: string, wait: boolean) => {
    const response = await fetch(`${gateway}/api/mail/send`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ to: "ann@example.com", subject: "Hello", text, wait }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const counted = (sql: string) => {
    const db = database(path, 2000);
    const found = Object.values(db.prepare(sql).get() ?? {})[0];
    db.close();
    return found;
  };

  await until(() => existsSync(`${path}.reserve`));
  expect((await send("Hello", true)).body).toMatchObject({ status: "sent" });

  const hasRefused = await send("More", false);
  expect(hasRefused).toMatchObject({ status: 503, body: { type: "MAIL_OUTBOX_UNAVAILABLE" } });

  // with room again the reserve comes back; then it runs full message by message
  rmSync(ballast);
  const accepted: unknown[] = [];
  const isTaken = async () => {
    const { status, body } = await send("It goes on", true);
    if (status < 400) accepted.push(body["id"]);
    return status < 400;
  };
  await until(isTaken);
  const sentBefore = 1 + accepted.length;
  fill(3 * 1024 * 1024);
  for (let tries = 0; tries < 300; tries += 1) {
    const { status, body } = await send("x".repeat(200_000), false);
    if (status >= 400) {
      expect({ status, type: body["type"] }).toEqual({ status: 503, type: "MAIL_OUTBOX_UNAVAILABLE" });
      break;
    }
    accepted.push(body["id"]);
  }
  expect(accepted.length).toBeGreaterThan(2);
  expect(accepted.length).toBeLessThan(300);
  for (let tries = 0; tries < 20; tries += 1) {
    const { status, body } = await send("small", false);
    if (status < 400) accepted.push(body["id"]);
  }
  expect(counted("PRAGMA integrity_check")).toBe("ok");
  expect(counted("SELECT count(*) FROM messages")).toBe(1 + accepted.length);
  expect(counted("SELECT count(*) FROM contents")).toBe(1 + accepted.length - sentBefore);
  expect(smtp.messages).toHaveLength(sentBefore);
  expect(node.output.split("\n").filter((line) => /ERROR/.test(line)).length).toBeLessThan(5);

  rmSync(ballast);
  await smtp.received(1 + accepted.length, 60_000);
  await until(isTaken);
  node.process.kill("SIGTERM");
  expect(await node.ended).toBe(0);
  expect(counted("SELECT count(*) FROM messages WHERE status = 'sent'")).toBe(1 + accepted.length);
  const copies = smtp.messages.map(({ data }) => /^Message-ID: (.*)$/im.exec(data.toString())?.[1]);
  expect([copies.length, new Set(copies).size]).toEqual([1 + accepted.length, 1 + accepted.length]);
});
