/** Facts about where the file lies: for this user alone, on a disk that can be trusted, and still the one that was opened. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import {
  closeToOthers,
  freeSpace,
  preparePlace,
  Reserve,
  sizeOf,
  watchFiles,
} from "../../../../lib/outbox/sqlite/place.ts";
import { closeEverything } from "../../../support/open.ts";
import { scratchFolder } from "../../../support/scratch.ts";

afterEach(async () => {
  await closeEverything();
});

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const refusal = (path: string, text: string) =>
  expect.objectContaining({
    type: "MAIL_OUTBOX_UNAVAILABLE",
    message: expect.stringMatching(new RegExp(`${path.replaceAll(".", "\\.")}.*${text}`)),
    data: { remedy: expect.any(String) },
  });
function errorOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it was not refused");
}

describe("preparing the place", () => {
  it("makes folders and file for this user alone", () => {
    const folder = scratchFolder();
    const path = join(folder, "a", "b", "outbox.db");
    expect(preparePlace(path, false)).toEqual([]);
    expect([modeOf(join(folder, "a")), modeOf(join(folder, "a", "b")), modeOf(path)]).toEqual([
      "700",
      "700",
      "600",
    ]);
  });

  it("only warns of a folder that others can look into, and leaves it as it is", () => {
    const folder = scratchFolder();
    chmodSync(folder, 0o755);
    expect(preparePlace(join(folder, "outbox.db"), false)).toEqual([
      expect.stringContaining(`look into ${folder}`),
    ]);
    expect(modeOf(folder)).toBe("755");
  });

  it("never opens a file that is there, for closing it would drop the locks of this process", () => {
    const path = join(scratchFolder(), "outbox.db");
    writeFileSync(path, "content");
    const before = statSync(path);
    preparePlace(path, false);
    expect(readFileSync(path, "utf8")).toBe("content");
    expect(statSync(path).mtimeMs).toBe(before.mtimeMs);
  });

  it("refuses a folder", () => {
    const folder = scratchFolder();
    expect(errorOf(() => preparePlace(folder, false))).toEqual(refusal(folder, "is a folder"));
  });

  it("refuses a path through a file", () => {
    const path = join(scratchFolder(), "file");
    writeFileSync(path, "");
    for (const inside of [join(path, "outbox.db"), join(path, "deeper", "outbox.db")]) {
      expect(errorOf(() => preparePlace(inside, false))).toEqual(refusal(inside, "cannot be written"));
    }
  });

  it.each(["/proc/none/outbox.db", "/proc/none/deeper/outbox.db"])(
    "refuses %s instead of trying for ever",
    (path) => {
      expect(errorOf(() => preparePlace(path, false))).toEqual(refusal(path, "cannot be written"));
    },
  );

  it("refuses a link to nowhere", () => {
    const folder = scratchFolder();
    symlinkSync(join(folder, "gone", "outbox.db"), join(folder, "outbox.db"));
    const path = join(folder, "outbox.db");
    expect(errorOf(() => preparePlace(path, false))).toEqual(refusal(path, "cannot be written"));
  });

  it.each([
    ["NFS", 0x6969],
    ["SMB", 0xfe534d42],
    ["CIFS", 0xff534d42 | 0],
    ["FUSE", 0x65735546],
  ])("refuses %s unless it is allowed", (kind, type) => {
    const path = join(scratchFolder(), "outbox.db");
    expect(errorOf(() => preparePlace(path, false, () => type))).toEqual(
      expect.objectContaining({
        type: "MAIL_OUTBOX_UNAVAILABLE",
        message: expect.stringContaining(`a network file system (${kind})`),
        data: { remedy: expect.stringContaining(`sqlite:${path}?network=true`) },
      }),
    );
    expect(existsSync(path)).toBe(false);
    expect(preparePlace(path, true, () => type)).toEqual([]);
  });
});

it("closes a file of ours to others", () => {
  const path = join(scratchFolder(), "outbox.db");
  writeFileSync(path, "", { mode: 0o644 });
  closeToOthers(path);
  expect(modeOf(path)).toBe("600");
});

describe("watching the files", () => {
  const setUp = () => {
    const folder = scratchFolder();
    const path = join(folder, "outbox.db");
    writeFileSync(path, "");
    return { folder, path, isThere: watchFiles(path) };
  };

  it("sees that one is there, deleted, replaced, and back again", () => {
    const { path, isThere } = setUp();
    expect(isThere()).toBe(true);
    renameSync(path, `${path}.moved`);
    expect(isThere()).toBe(false);
    writeFileSync(path, "");
    expect(isThere()).toBe(false);
    renameSync(`${path}.moved`, path);
    expect(isThere()).toBe(true);
  });

  it("sees that the folder is gone", () => {
    const { folder, isThere } = setUp();
    rmSync(folder, { recursive: true });
    expect(isThere()).toBe(false);
    mkdirSync(folder);
  });
});

describe("the reserve", () => {
  it("is taken where there is plenty, given up once, and taken again", () => {
    const path = join(scratchFolder(), "outbox.db");
    const reserve = new Reserve(path);
    expect(reserve.release()).toBe(false);
    reserve.fill(10);
    expect(reserve.release()).toBe(false);
    reserve.fill(Infinity);
    expect([sizeOf(`${path}.reserve`), modeOf(`${path}.reserve`)]).toEqual([16 * 1024 * 1024, "600"]);
    expect(reserve.release()).toBe(true);
    expect([reserve.release(), reserve.isSpent, existsSync(`${path}.reserve`)]).toEqual([false, true, false]);
    reserve.fill(Infinity);
    expect(reserve.isSpent).toBe(false);
    expect(new Reserve(path).release()).toBe(true);
  });
});

it("knows the free space, and takes what nobody can tell for enough", () => {
  const folder = scratchFolder();
  expect(freeSpace(join(folder, "outbox.db"))).toBeGreaterThan(0);
  expect(freeSpace(join(folder, "none", "outbox.db"))).toBe(Infinity);
});
