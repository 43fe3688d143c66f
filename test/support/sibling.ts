/** A sibling service's process for tests: a bare Moleculer node that calls what it is told, one JSON line in, one out. */
import { createInterface } from "node:readline";
import { type Context, ServiceBroker, type ServiceSchema } from "moleculer";
import { mailerMixin, type MailerMethods } from "../../mixins/mailer.mixin.ts";

const broker = new ServiceBroker({
  nodeID: "sibling",
  transporter: process.env["TRANSPORTER"] as never,
  logger: false,
  transit: { serviceChangedDebounceTime: 5 } as never,
});

/** `{ action, params, options, buffer }`; `buffer` names an attachment whose content becomes a real Buffer of that size. */
interface Request {
  action: string;
  params?: { attachments?: { content?: unknown }[] };
  options?: object;
  bytes?: number;
}

/** A service that mails the way that we recommend: by the mixin. */
const shop: ServiceSchema<object, MailerMethods, object> = {
  name: "shop",
  mixins: [mailerMixin],
  actions: {
    order(ctx: Context<object>) {
      return this.mail(ctx.params, ctx);
    },
  },
};

/** A node that has just started is known a moment later. */
async function known(action: string, nodeID: string): Promise<void> {
  const isUnknown = () => broker.findNextActionEndpoint(action, { nodeID } as never) instanceof Error;
  while (isUnknown()) await new Promise((resolve) => broker.localBus.once("$services.changed", resolve));
}

async function answer({ action, params, options, bytes }: Request): Promise<object> {
  if (bytes !== undefined && params?.attachments?.[0])
    params.attachments[0].content = Buffer.alloc(bytes, 0xab);
  try {
    const nodeID = (options as { nodeID?: string } | undefined)?.nodeID;
    if (nodeID && action.startsWith("mail.")) await known(action, nodeID);
    return { result: (await broker.call(action, params, options)) ?? null };
  } catch (error) {
    const { name, message, code, type, data, retryable, stack } = error as Error & Record<string, unknown>;
    return {
      error: {
        name,
        message,
        code,
        type,
        data,
        retryable,
        stack,
        constructor: (error as object).constructor.name,
      },
    };
  }
}

async function main(): Promise<void> {
  broker.createService(shop as ServiceSchema);
  await broker.start();
  await broker.waitForServices("mail");
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    void answer(JSON.parse(line) as Request).then((reply) => console.log(JSON.stringify(reply)));
  }
  await broker.stop();
}

void main();
