/** Which running service a command means: that of a mesh, or a gateway; by options, environment and `.env`. */
import type { Environment } from "../config/environment.ts";
import { ConfigError, type Report } from "../config/faults.ts";
import { readVariables } from "../config/reader.ts";
import type { VariableName } from "../config/variables.ts";
import type { Secret } from "../secret.ts";
import type { Option } from "./command.ts";
import { urlOf } from "../url.ts";

export const serviceOptions: readonly Option[] = [
  {
    name: "transporter",
    value: "URL",
    summary: "ask the mesh at nats://host:4222; default: TRANSPORTER",
    conflicts: ["url", "key"],
    setting: "TRANSPORTER",
    unsets: ["MESHMAIL_URL"],
  },
  {
    name: "url",
    value: "URL",
    summary: "ask a gateway; default: MESHMAIL_URL, without TRANSPORTER the one on this machine",
    setting: "MESHMAIL_URL",
    unsets: ["TRANSPORTER"],
  },
  {
    name: "key",
    value: "SECRET",
    summary: "the gateway's API key; better in MESHMAIL_API_KEY",
    setting: "MESHMAIL_API_KEY",
    unsets: ["TRANSPORTER"],
  },
];

export type Service = { kind: "mesh"; /** For people: without user and password */ shown: string } | Gateway;

export interface Gateway {
  kind: "gateway";
  /** Without a slash at its end */
  url: string;
  key?: Secret;
}

/** Other settings of the node may be unusable: whoever asks a service does not need them. */
const needed: readonly string[] = [
  "MESHMAIL_URL",
  "MESHMAIL_API_KEY",
  "MESHMAIL_API_KEY_FILE",
  "TRANSPORTER",
  "GATEWAY_HOST",
  "GATEWAY_PORT",
] satisfies (VariableName | `${VariableName}_FILE`)[];

/**
 * MESHMAIL_URL, which only the command line reads, wins over TRANSPORTER; with neither, it is the gateway that `npm start`
 * and `npm run dev` open on this machine.
 * @throws ConfigError
 */
export function serviceOf(environment: Environment): Service {
  const report: Report = { faults: [], findings: [] };
  const { values, sources } = readVariables(environment, report);
  const faults = report.faults.filter(({ variable }) => needed.includes(variable));
  if (faults.length > 0) throw new ConfigError(faults);
  const { MESHMAIL_URL: url, MESHMAIL_API_KEY: key, TRANSPORTER: transporter } = values;
  if (url === undefined && transporter !== undefined) {
    return { kind: "mesh", shown: sources.TRANSPORTER.shown };
  }
  return { kind: "gateway", url: url ?? localGateway(values), ...(key && { key }) };
}

function localGateway({
  GATEWAY_HOST: host,
  GATEWAY_PORT: port,
}: {
  GATEWAY_HOST: string;
  GATEWAY_PORT: number;
}) {
  // what listens everywhere is reached here; a port that the system chose is not known
  return urlOf({ host: ["0.0.0.0", "::"].includes(host) ? "127.0.0.1" : host, port: port || 3000 });
}
