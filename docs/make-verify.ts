/** Writes docs/verify.md: what `meshmail smtp verify` says about servers that are wrong in one way each. `node docs/make-verify.ts` */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SmtpServerOptions, startSmtpServer } from "../test/support/smtp-server.ts";

const root = join(import.meta.dirname, "..");

interface Example {
  title: string;
  server?: SmtpServerOptions;
  env?: Record<string, string>;
  /** Nobody listens on the port */
  closed?: true;
}

const examples: Example[] = [
  { title: "All is well" },
  { title: "A wrong password", env: { SMTP_PASSWORD: "not-the-password" } },
  { title: "A wrong port: it wants TLS from the first byte", server: { tls: "implicit" } },
  { title: "A wrong port: it wants STARTTLS", env: { SMTP_TLS: "true" } },
  { title: "A wrong port: nobody is there", closed: true },
  { title: "An expired certificate", server: { certificate: "expired" } },
  { title: "A server without AUTH", server: { auth: "none" } },
  { title: "A server without TLS", server: { tls: "none" } },
  {
    title: "A sender that is refused",
    server: { script: { mail: "553 5.7.1 Sender address rejected: not owned by user" } },
  },
];

const account = {
  SMTP_HOST: "localhost",
  SMTP_USERNAME: "user@example.com",
  SMTP_PASSWORD: "secret",
  SMTP_SENDER: "Shop <user@example.com>",
  SMTP_TLS_CA_FILE: join(root, "test/support/certificates/ca.pem"),
};

function verify(env: Record<string, string>): Promise<{ text: string; status: number }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, "bin.ts"), "smtp", "verify"],
      { env },
      (_error, stdout, stderr) => resolve({ text: stdout + stderr, status: child.exitCode ?? 0 }),
    );
  });
}

async function section({ title, server: options, env, closed }: Example): Promise<string> {
  const server = await startSmtpServer(options);
  if (closed) await server.close();
  const { text, status } = await verify({ ...account, SMTP_PORT: String(server.port), ...env });
  await server.close();
  // the port is another one at each run; read it as the usual one
  const shown = text.replaceAll(String(server.port), options?.tls === "implicit" ? "465" : "587");
  return `## ${title}\n\n\`\`\`text\n$ npx meshmail smtp verify\n${shown.trim()}\n$ echo $?\n${status}\n\`\`\`\n`;
}

const intro = `# What \`meshmail smtp verify\` says

Each report below is what the program printed against a server that is wrong in one way (\`node docs/make-verify.ts\` makes this
page; port numbers are put in their usual place). The same report comes as JSON from \`--json\`, \`mail.verify\` and
\`GET /api/mail/verify\`.
`;

const sections = [];
for (const example of examples) sections.push(await section(example));
writeFileSync(join(root, "docs/verify.md"), [intro, ...sections].join("\n"));
