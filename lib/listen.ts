/** Opens a listening socket, or says in one sentence why that cannot be. */
import type { Server } from "node:net";

export interface Address {
  host: string;
  port: number;
}

/** Known reasons in words; any other is told by its code. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "ports below 1024 are kept for the administrator",
};

/**
 * @param at      port 0 takes a free one
 * @param who     subject of the sentence, e.g. `The gateway`
 * @param remedy  what to do about it, without a full stop
 * @returns       where it listens now
 * @throws Error whose message is the sentence
 */
export function listen(server: Server, at: Address, who: string, remedy: string): Promise<Address> {
  return new Promise((resolve, reject) => {
    function failed(error: NodeJS.ErrnoException): void {
      const reason = reasons[error.code ?? ""] ?? error.code ?? error.message;
      const told = new Error(`${who} cannot listen on ${at.host}:${at.port}: ${reason}. ${remedy}.`);
      // whoever logs it prints the stack, and there is nothing to find in it
      told.stack = told.message;
      reject(told);
    }
    server.once("error", failed);
    server.listen({ port: at.port, host: at.host }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve({ host: at.host, port: typeof address === "object" && address ? address.port : at.port });
    });
  });
}
