/** Facts about 500 messages and a node that is killed twenty times, whenever it happens. `npm run test:soak` does more of it. */
import { afterEach, it } from "@jest/globals";
import { closeEverything } from "../support/open.ts";
import { reportFigures } from "../support/reliability.ts";
import { expectNothingLost, figuresOf } from "./nothing-lost.ts";
import { endure } from "./random-kills.ts";

afterEach(async () => {
  await closeEverything();
});

it("loses nothing, and sends a second copy only where the first one's reply was not written down", async () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 32);
  const outcome = await endure({ messages: 500, kills: 20, dropsPercent: 0, seed });
  reportFigures("random-kills", {
    shows: "500 messages, killed with SIGKILL 20 times at random moments",
    promises: ["P1", "P2", "P3", "P4"],
    command: "npx jest test/crash/random-kills.test.ts",
    ...figuresOf(outcome),
  });
  expectNothingLost(outcome, seed);
}, 180_000);
