/** `mail.probe`: verify for settings that are not saved, and not kept, and not echoed. */
import { environmentOf } from "../config/environment.ts";
import { ConfigError } from "../config/faults.ts";
import { loadConfig } from "../config/load.ts";
import { type FieldFault, MailError } from "../errors.ts";
import type { Locale } from "./problem.ts";
import type { SessionOptions } from "./session.ts";
import { openTransports } from "./transports.ts";
import type { VerifyReport } from "./verify.ts";

export interface ProbeParams {
  uri?: string;
  provider?: string;
  username?: string;
  password?: string;
  sender?: string;
  locale?: Locale;
}

/** Which parameter a variable stands for. */
const fields: Readonly<Record<string, keyof ProbeParams>> = {
  SMTP_URI: "uri",
  SMTP_PROVIDER: "provider",
  SMTP_USERNAME: "username",
  SMTP_PASSWORD: "password",
  SMTP_SENDER: "sender",
};

/** @throws MailError MAIL_INVALID_MESSAGE naming each parameter that is no setting, without its value */
export async function probe(
  params: ProbeParams,
  session: SessionOptions = {},
  within?: number,
): Promise<VerifyReport> {
  const config = configOf(params);
  const transports = openTransports(config, session);
  try {
    const { locale } = params;
    return await transports.verify("primary", { ...(locale && { locale }), ...(within && { within }) });
  } finally {
    transports.close();
  }
}

function configOf({ uri, provider, username, password, sender }: ProbeParams) {
  if (!uri?.trim() && !provider?.trim()) {
    throw refused([{ field: "uri", message: "expected smtps://user:password@host:port, got nothing" }]);
  }
  try {
    return loadConfig(
      environmentOf({
        SMTP_URI: uri,
        SMTP_PROVIDER: provider,
        SMTP_USERNAME: username,
        SMTP_PASSWORD: password,
        SMTP_SENDER: sender,
      }),
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw refused(
      error.faults.map(({ variable, expected, came }) => ({
        field: inParams(variable),
        // what came in quotes is the value itself, which an operator may see in a log, but not who calls
        message: inParams(`expected ${expected}, got ${came.startsWith('"') ? "something else" : came}`),
      })),
    );
  }
}

/** Speaks of parameters instead of variables. */
function inParams(text: string): string {
  return text.replace(/SMTP_[A-Z]+/g, (variable) => fields[variable] ?? variable);
}

function refused(faults: FieldFault[]): MailError {
  return new MailError(
    "MAIL_INVALID_MESSAGE",
    faults.map(({ field, message }) => `\`${field}\`: ${message}`).join("; "),
    { fields: faults, remedy: "Give `uri`, or `provider` with `username` and `password`." },
  );
}
