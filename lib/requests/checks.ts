/** The checks of all actions but `mail.send`, which has its own: from parameters to what the service works with. */
import { readMailbox } from "../message/address.ts";
import { readInstant } from "../message/instants.ts";
import { readLanguage, readTemplateName } from "../message/template.ts";
import { readData } from "../message/template-data.ts";
import type { ListQuery } from "../outbox/store.ts";
import { paramsCheck } from "../params.ts";
import { rules } from "./rules.ts";

/** Each returns the parameters, or throws MailError MAIL_INVALID_MESSAGE naming the faulty ones. */
export const check = {
  verify: paramsCheck(rules.verify),
  providers: paramsCheck(rules.providers),
  templates: paramsCheck(rules.templates),
  render: paramsCheck(rules.render, ({ template, data, ...named }, faults) => ({
    template: readTemplateName(template, faults),
    data: data && readData(data, faults),
    locale: readLanguage(named, faults),
  })),
  probe: paramsCheck(rules.probe),
  get: paramsCheck(rules.get),
  cancel: paramsCheck(rules.cancel),
  retry: paramsCheck(rules.retry),
  stats: paramsCheck(rules.stats),
  metrics: paramsCheck(rules.metrics),
  list: paramsCheck(
    rules.list,
    ({ since, until, recipient, limit = 50, ...query }, faults): Omit<ListQuery, "now"> => {
      const from = readInstant(since, "since", faults);
      const to = readInstant(until, "until", faults);
      const address =
        recipient === undefined ? undefined : readMailbox(recipient, "recipient", faults)?.address;
      return {
        ...query,
        limit,
        ...(address !== undefined && { recipient: address }),
        ...(from !== undefined && { since: from }),
        ...(to !== undefined && { until: to }),
      };
    },
  ),
};
