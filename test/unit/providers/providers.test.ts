import { describe, expect, it } from "@jest/globals";
import type { Provider } from "../../../lib/providers/provider.ts";
import {
  findProvider,
  presentProvider,
  providerOfAddress,
  providerOfHost,
  providers,
  suggestProviders,
} from "../../../lib/providers/providers.ts";
import { wellKnown } from "../../../lib/providers/wellknown.ts";

const at = (provider: { id: string; host: string } | undefined) =>
  provider && `${provider.id} ${provider.host}`;

describe("a provider by its word", () => {
  it.each([
    ["qq", "qq smtp.qq.com"],
    ["QQ", "qq smtp.qq.com"],
    ["163", "163 smtp.163.com"],
    ["163.com", "163 smtp.163.com"],
    ["126", "126 smtp.126.com"],
    ["foxmail", "qq smtp.qq.com"],
    ["Outlook.com", "outlook smtp-mail.outlook.com"],
    ["smtp.live.com", "hotmail smtp-mail.outlook.com"],
    ["office365", "outlook365 smtp.office365.com"],
    ["zoho-eu", "zoho smtp.zoho.eu"],
    ["zoho-pro", "zoho smtppro.zoho.com"],
    ["directmail-ap-southeast-1", "directmail smtpdm-ap-southeast-1.aliyuncs.com"],
    ["ses-eu-west-1", "ses email-smtp.eu-west-1.amazonaws.com"],
    ["aol", "aol smtp.aol.com"],
    ["Aruba PEC", "aruba smtps.aruba.it"],
  ])("%s is %s", (word, expected) => {
    expect(at(findProvider(word))).toBe(expected);
  });

  it.each(["", " ", "nowhere", "zoho-constructor", "constructor", "Maildev"])("%j is none", (word) => {
    expect(findProvider(word)).toBeUndefined();
  });

  it("every provider is found by its id and its aliases", () => {
    const lost = providers.flatMap((provider) =>
      [provider.id, ...(provider.aliases ?? [])].filter(
        (word) => findProvider(word.toUpperCase()) !== provider,
      ),
    );
    expect(lost).toEqual([]);
  });

  it("every name of nodemailer's list leads to the host it names, or to the one that took its place", () => {
    const moved = wellKnown
      .filter(({ id, host }) => findProvider(id)?.host !== host)
      .map(({ id, host }) => [id, host, findProvider(id)?.host]);
    expect(moved).toEqual([
      ["aliyun", "smtp.aliyun.com", "smtp.qiye.aliyun.com"],
      ["qiye.aliyun", "smtp.mxhichina.com", "smtp.qiye.aliyun.com"],
    ]);
  });
});

describe("a provider by the host of its server", () => {
  it.each([
    ["smtp.gmail.com", "gmail"],
    ["SMTP.GMAIL.COM.", "gmail"],
    ["smtp-relay.gmail.com", "gmail"],
    ["smtp-mail.outlook.com", "outlook"],
    ["smtp.live.com", "hotmail"],
    ["smtp.126.com", "126"],
    ["hwsmtp.exmail.qq.com", "exmail"],
    ["smtp.aliyun.com", "aliyun"],
    ["smtp.mxhichina.com", "aliyun"],
    ["smtpdm-eu-central-1.aliyuncs.com", "directmail"],
    ["smtp.zohocloud.ca", "zoho"],
    ["smtppro.zoho.com.au", "zoho"],
    ["email-smtp.eu-west-1.amazonaws.com", "ses"],
    ["email-smtp.me-south-1.amazonaws.com", "ses"],
    ["email-smtp-fips.us-gov-west-1.amazonaws.com", "ses"],
    ["smtp.eu.mailgun.org", "mailgun"],
    ["sandbox.smtp.mailtrap.io", "mailtrap"],
    ["smtp.yandex.com", "yandex"],
    ["smtp.aol.com", "aol"],
  ])("%s is %s", (host, id) => {
    expect(providerOfHost(host)?.id).toBe(id);
  });

  it.each([
    "smtp.example.com",
    "smtp.gmail.com.example.com",
    "evil-smtp.gmail.com",
    "smtp.zoho.example",
    "email-smtp.eu-west-1.amazonaws.com.example.com",
    "",
  ])("%j is none", (host) => {
    expect(providerOfHost(host)).toBeUndefined();
  });
});

describe("a provider by the address of a mailbox", () => {
  it.each([
    ["a@gmail.com", "gmail smtp.gmail.com"],
    ["a@googlemail.com", "gmail smtp.gmail.com"],
    ["A@GMail.Com.", "gmail smtp.gmail.com"],
    ['"a@b"@qq.com', "qq smtp.qq.com"],
    ["a@foxmail.com", "qq smtp.qq.com"],
    ["a@163.com", "163 smtp.163.com"],
    ["a@126.com", "126 smtp.126.com"],
    ["a@yeah.net", "yeah smtp.yeah.net"],
    ["a@aliyun.com", "aliyun smtp.aliyun.com"],
    ["a@outlook.com", "outlook smtp-mail.outlook.com"],
    ["a@hotmail.com", "hotmail smtp-mail.outlook.com"],
    ["a@live.com", "hotmail smtp-mail.outlook.com"],
    ["a@msn.com", "hotmail smtp-mail.outlook.com"],
    ["a@me.com", "icloud smtp.mail.me.com"],
    ["a@gmx.de", "gmx mail.gmx.com"],
  ])("%s is %s", (address, expected) => {
    expect(at(providerOfAddress(address))).toBe(expected);
  });

  it.each(["a@example.com", "a@www.feishu.cn", "a@mail.gmail.com", ""])("%j is none", (address) => {
    expect(providerOfAddress(address)).toBeUndefined();
  });
});

describe("suggestions for a mistyped word", () => {
  it.each([
    ["gmial", "gmail"],
    ["outlok", "outlook"],
    ["SendGird", "sendgrid"],
    ["direct-mail", "directmail"],
    ["office", "outlook365"],
    ["tencen", "exmail"],
  ])("%s: %s first", (word, id) => {
    expect(suggestProviders(word)[0]).toBe(id);
  });

  it("are at most three", () => {
    expect(suggestProviders("mail")).toHaveLength(3);
  });

  it.each(["", "§§", "xyzxyzxyz"])("%j: none", (word) => {
    expect(suggestProviders(word)).toEqual([]);
  });
});

describe("a provider shown to people", () => {
  const provider: Provider = {
    id: "acme",
    name: "Acme",
    aliases: ["acmemail"],
    host: "smtp.acme.example",
    ports: [{ port: 465, security: "tls" }],
    regions: { eu: "smtp.eu.acme.example" },
    hostPattern: /acme/,
    domains: ["acme.example"],
    credential: "api-key",
    plainPassword: true,
    username: { en: "A name.", "zh-CN": "用户名。" },
    password: { en: "A key.", "zh-CN": "密钥。" },
    passwordUrl: "https://acme.example/keys",
    sender: { en: "Your own.", "zh-CN": "自己的地址。" },
    notes: [{ en: "Slow.", "zh-CN": "较慢。" }],
    links: ["https://acme.example/"],
    checked: "2026-11-01",
    remedies: { SMTP_TIMEOUT: { en: "Wait.", "zh-CN": "请等待。" } },
  };

  it("is told in the language asked for, without what only lookups and remedies need", () => {
    expect(presentProvider(provider, "zh-CN")).toEqual({
      id: "acme",
      name: "Acme",
      host: "smtp.acme.example",
      ports: [{ port: 465, security: "tls" }],
      regions: { eu: "smtp.eu.acme.example" },
      credential: "api-key",
      plainPassword: true,
      username: "用户名。",
      password: "密钥。",
      passwordUrl: "https://acme.example/keys",
      sender: "自己的地址。",
      notes: ["较慢。"],
      links: ["https://acme.example/"],
      checked: "2026-11-01",
    });
    expect(presentProvider(provider, "en")).toMatchObject({
      username: "A name.",
      password: "A key.",
      sender: "Your own.",
      notes: ["Slow."],
    });
  });

  it("is the same after a trip as JSON", () => {
    const shown = providers.map((entry) => presentProvider(entry, "en"));
    expect(JSON.parse(JSON.stringify(shown))).toStrictEqual(shown);
  });

  it("is a copy: whoever changes it changes no provider", () => {
    const shown = presentProvider(provider, "en");
    shown.links.push("https://elsewhere.example/");
    shown.ports.pop();
    expect(provider.links).toEqual(["https://acme.example/"]);
    expect(provider.ports).toHaveLength(1);
  });
});
