/** The outbox in memory against the contract of all stores. */
import { describe } from "@jest/globals";
import { memoryStore } from "../../../lib/outbox/memory.ts";
import { outboxStoreContract } from "../../contract/outbox-store.ts";

describe("the outbox in memory", () => {
  outboxStoreContract(async () => memoryStore(), false);
});
