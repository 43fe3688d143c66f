/** Whether this gateway can be sent requests: the mesh is joined, a mail node answers, its outbox works, a server takes mail. */
import { shared } from "../in-flight.ts";
import type { MailStats } from "../outbox/outbox.ts";
import { httpError } from "./problem.ts";

export interface Reason {
  check: "mesh" | "mail" | "outbox" | "transports";
  /** A stable word: of the outbox's or the server's problem */
  type: string;
  /** One sentence, with nothing in it that a stranger should not see: no host, no user, no server's words */
  message: string;
  /** What to do about it */
  remedy: string;
}

export interface ReadinessSources {
  /** False while the node is to be part of a mesh and is not */
  isMeshJoined: () => boolean;
  /** `mail.stats`, of any mail node */
  stats: () => Promise<MailStats>;
}

/**
 * @returns a check that resolves when all is well. Who asks while an answer is under way gets the same: strangers may ask, and
 *   each answer is a call through the mesh
 * @throws MailError HTTP_UNAVAILABLE with all reasons
 */
export function readinessCheck({ isMeshJoined, stats }: ReadinessSources): () => Promise<void> {
  const ask = shared(() =>
    stats()
      .then(reasonsOf)
      .catch((error: unknown) => [reasonOf(error)]),
  );
  return async () => {
    const reasons = [...(isMeshJoined() ? [] : [alone]), ...(await ask())];
    if (reasons.length === 0) return;
    const detail = `Not ready. ${reasons.map(({ message }) => message).join(" ")}`;
    const remedy = [...new Set(reasons.map((reason) => reason.remedy))].join(" ");
    throw httpError("HTTP_UNAVAILABLE", detail, remedy, { reasons });
  };
}

const alone: Reason = {
  check: "mesh",
  type: "MESH_NOT_JOINED",
  message: "The node has not joined its mesh: NATS is away.",
  remedy: "See that NATS runs where TRANSPORTER says; the node joins by itself.",
};

/** Why there are no numbers of the outbox. */
function reasonOf(error: unknown): Reason {
  const { type } = Object(error) as { type?: unknown };
  if (type === "MAIL_OUTBOX_UNAVAILABLE") return outboxDown(type);
  const isLate = type === "REQUEST_TIMEOUT";
  return {
    check: "mail",
    type: isLate ? "MAIL_SILENT" : "MAIL_UNAVAILABLE",
    message: isLate ? "The mail node does not answer in time." : "No mail node of the mesh answers.",
    remedy: "See that a node with SERVICES=mail runs and has joined the mesh.",
  };
}

function outboxDown(type: string): Reason {
  return {
    check: "outbox",
    type,
    message: "The outbox does not work: nothing is accepted.",
    remedy: "Ask `npx meshmail stats` why; most often the disk is full.",
  };
}

/** Of whatever answers as `mail.stats` in this mesh: another version, or somebody's stand-in, may say less. */
function reasonsOf({ outbox, transports = [] }: Partial<MailStats>): Reason[] {
  const reasons = outbox?.problem ? [outboxDown(outbox.problem.type)] : [];
  if (transports.length === 0) {
    const message = "No SMTP server is configured.";
    const remedy = "Set SMTP_URI, and start the mail node again.";
    reasons.push({ check: "transports", type: "MAIL_NOT_CONFIGURED", message, remedy });
  }
  if (transports.every(({ state }) => state !== "up")) {
    for (const { name, state, problem } of transports) {
      const type = problem?.type ?? "SMTP_CONNECTION_LOST";
      const message = `The SMTP server ${name} is ${state === "held" ? "held" : "down"}: ${type}.`;
      const remedy = "Ask `npx meshmail smtp verify` why.";
      reasons.push({ check: "transports", type, message, remedy });
    }
  }
  return reasons;
}
