/** The same as random-kills.test.ts, only more of it, and with a server that hangs up: `npm run test:soak`; MESSAGES and KILLS set the size. */
import { afterEach, it } from "@jest/globals";
import { closeEverything } from "../support/open.ts";
import { reportFigures } from "../support/reliability.ts";
import { expectNothingLost, figuresOf } from "../crash/nothing-lost.ts";
import { endure } from "../crash/random-kills.ts";

const messages = Number(process.env["MESSAGES"] ?? 10_000);
const kills = Number(process.env["KILLS"] ?? 200);

afterEach(async () => {
  await closeEverything();
});

it("loses nothing of a long run", async () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 32);
  const outcome = await endure({ messages, kills, dropsPercent: 3, seed });
  reportFigures("soak", {
    shows: `${messages} messages, killed with SIGKILL ${kills} times at random moments, and 3 % of the final dots answered by hanging up`,
    promises: ["P1", "P2", "P3", "P4"],
    command: `MESSAGES=${messages} KILLS=${kills} npm run test:soak`,
    ...figuresOf(outcome),
  });
  expectNothingLost(outcome, seed);
}, 3_600_000);
