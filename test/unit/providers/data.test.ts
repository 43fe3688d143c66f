import { describe, expect, it } from "@jest/globals";
import type { Provider } from "../../../lib/providers/provider.ts";
import {
  findProvider,
  presentProvider,
  providerOfHost,
  providers,
} from "../../../lib/providers/providers.ts";
import { type Localized, type SmtpProblemType, smtpProblemTypes } from "../../../lib/smtp/problem.ts";

const described = providers.filter(({ checked }) => checked !== undefined);

/** A provider by its id; a test that names an unknown one fails here. */
function the(id: string): Provider {
  const provider = providers.find((entry) => entry.id === id);
  if (!provider) throw new Error(`No provider ${id}`);
  return provider;
}

const english = (id: string) => JSON.stringify(presentProvider(the(id), "en"));
const remedy = (id: string, type: SmtpProblemType) => the(id).remedies?.[type]?.en;
const ports = (id: string) => the(id).ports.map(({ port, security }) => `${port} ${security}`);

/** Every text of a provider with its place. */
function textsOf({ username, password, sender, notes = [], remedies = {} }: Provider): [string, Localized][] {
  return [
    ["username", username],
    ["password", password],
    ...(sender ? [["sender", sender] satisfies [string, Localized]] : []),
    ...notes.map((note, index): [string, Localized] => [`notes[${index}]`, note]),
    ...Object.entries(remedies),
  ];
}

describe("the list", () => {
  it("has the twelve of the manuals, described by us", () => {
    const twelve = "gmail outlook hotmail yahoo icloud zoho sendgrid qq exmail 163 aliyun directmail".split(
      " ",
    );
    expect(described.map(({ id }) => id)).toEqual(expect.arrayContaining(twelve));
    expect(twelve.filter((id) => !the(id).sender || !the(id).remedies?.SMTP_AUTH_FAILED)).toEqual([]);
  });

  it("has the others that people use, described by us", () => {
    const others = "ses mailgun postmark brevo resend mailtrap fastmail feishu yandex outlook365 126".split(
      " ",
    );
    expect(described.map(({ id }) => id)).toEqual(expect.arrayContaining(others));
  });

  it("has the rest of nodemailer's, which nobody checked", () => {
    const rest = providers.filter(({ checked }) => checked === undefined).map(({ id }) => id);
    expect(rest).toEqual(
      expect.arrayContaining(["aol", "gmx", "mail.ru", "mailersend", "mandrill", "smtp2go"]),
    );
  });

  it("has every id, alias and mailbox domain once", () => {
    const words = providers.flatMap(({ id, aliases = [], domains = [] }) => [
      ...new Set([id, ...aliases, ...domains]),
    ]);
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
  });

  it("has every host once, but for Outlook.com under its two names", () => {
    const hosts = providers.map(({ host }) => host);
    expect(hosts.filter((host, index) => hosts.indexOf(host) !== index)).toEqual(["smtp-mail.outlook.com"]);
  });
});

describe.each(providers.map((provider) => [provider.id, provider] as const))("%s", (_id, provider) => {
  it("is entered through an encrypted port", () => {
    expect(provider.ports[0]?.security).toMatch(/^(tls|starttls)$/);
  });

  it("has ports that are numbers, with the security that belongs to them", () => {
    for (const { port, security } of provider.ports) {
      expect(Number.isInteger(port)).toBe(true);
      if (port === 465 || port === 2465) expect(security).toBe("tls");
      if (port === 587 || port === 2587) expect(security).toBe("starttls");
    }
  });

  it("has hosts as they are compared: lower case, no final dot", () => {
    const hosts = [provider.host, ...Object.values(provider.regions ?? {})];
    expect(hosts.filter((host) => !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host))).toEqual([]);
  });

  it("claims no password where none works", () => {
    expect(provider.plainPassword).toBe(provider.credential !== "oauth2");
    if (!provider.plainPassword) {
      expect(provider.passwordUrl).toBeUndefined();
      expect(provider.password.en).toMatch(/^None/);
    }
  });

  it("speaks both languages", () => {
    const faults = textsOf(provider)
      .filter(([, text]) => !text.en.endsWith(".") || !/\p{Script=Han}.*。$/u.test(text["zh-CN"]))
      .map(([place]) => place);
    expect(faults).toEqual([]);
  });
});

describe.each(described.map((provider) => [provider.id, provider] as const))(
  "%s, described by us",
  (_id, provider) => {
    it("says when it was checked and where to read more", () => {
      expect(provider.checked).toBe("2026-11-01");
      expect(provider.links.length).toBeGreaterThan(0);
      for (const link of [...provider.links, provider.passwordUrl ?? "https://none"]) {
        expect(new URL(link).protocol).toBe("https:");
      }
    });

    it("has remedies of one sentence each, for problems that exist", () => {
      for (const [type, text] of Object.entries(provider.remedies ?? {})) {
        expect(smtpProblemTypes).toContain(type);
        expect(text.en).not.toMatch(/[.!?] [A-Z]/);
        expect(text["zh-CN"].indexOf("。")).toBe(text["zh-CN"].length - 1);
      }
    });

    it("names firewall, security group and a port to try, where it speaks of a connect time-out", () => {
      const text = provider.remedies?.SMTP_CONNECTION_TIMEOUT;
      if (!text) return;
      expect(text.en).toMatch(/port \d+.*firewall.*security group.*hoster/);
      expect(text["zh-CN"]).toMatch(/\d+.*端口.*防火墙.*安全组/);
    });
  },
);

describe("where the manuals are out of date", () => {
  it("Gmail wants an app password, not the account's", () => {
    expect(the("gmail").credential).toBe("app-password");
    expect(english("gmail")).toMatch(/30 May 2022.*1 May 2025/);
    expect(english("gmail")).toContain("rewritten");
    expect(remedy("gmail", "SMTP_AUTH_FAILED")).toContain("app password");
  });

  it.each(["outlook", "hotmail"])(
    "%s takes OAuth2 only, at smtp-mail.outlook.com:587 with STARTTLS",
    (id) => {
      expect(the(id)).toMatchObject({
        credential: "oauth2",
        plainPassword: false,
        host: "smtp-mail.outlook.com",
      });
      expect(ports(id)).toEqual(["587 starttls"]);
      expect(english(id)).toContain("16 September 2024");
      expect(remedy(id, "SMTP_AUTH_FAILED")).toMatch(/OAuth2.*app passwords included/);
      expect(remedy(id, "SMTP_AUTH_UNSUPPORTED")).toContain("OAuth2");
    },
  );

  it("smtp.live.com is an old name of Hotmail's server", () => {
    expect(providerOfHost("smtp.live.com")).toBe(the("hotmail"));
    expect(the("hotmail").aliases).toContain("smtp.live.com");
    expect(english("hotmail")).toContain("unverified");
  });

  it("Microsoft 365 still takes passwords, with an end in sight", () => {
    expect(the("outlook365")).toMatchObject({ plainPassword: true, host: "smtp.office365.com" });
    expect(english("outlook365")).toMatch(/December 2026.*second half of 2027/);
    expect(remedy("outlook365", "SMTP_AUTH_FAILED")).toContain("5.7.139");
  });

  it("SendGrid's user name is the word apikey", () => {
    expect(the("sendgrid").credential).toBe("api-key");
    expect(the("sendgrid").username.en).toContain("apikey");
    expect(remedy("sendgrid", "SMTP_AUTH_FAILED")).toContain("the word apikey");
  });

  it("SendGrid speaks STARTTLS on 587, 2525 and 25, TLS on 465", () => {
    expect(ports("sendgrid")).toEqual(["587 starttls", "465 tls", "2525 starttls", "25 starttls"]);
  });

  it("QQ's 465 and 587 are two settings, and its password is an authorization code", () => {
    expect(ports("qq")).toEqual(["465 tls", "587 starttls"]);
    expect(the("qq").credential).toBe("authorization-code");
    expect(remedy("qq", "SMTP_AUTH_FAILED")).toContain("authorization code");
    expect(remedy("qq", "SMTP_SENDER_REJECTED")).toContain("501");
  });

  it("163 is 465; 994 is a rumour and 25 is clear text", () => {
    expect(ports("163")).toEqual(["465 tls", "25 none"]);
    expect(english("163")).toContain("994 as well (unverified)");
    expect(remedy("163", "SMTP_AUTH_FAILED")).toContain("authorization code");
  });

  it.each([
    ["126", "smtp.126.com"],
    ["yeah", "smtp.yeah.net"],
  ])("%s follows 163's rules at %s", (id, host) => {
    expect(the(id)).toMatchObject({ host, credential: "authorization-code" });
    expect(the(id).remedies).toBe(the("163").remedies);
  });

  it("Alibaba Mail is smtp.qiye.aliyun.com:465; smtp.mxhichina.com is its old name", () => {
    expect(the("aliyun")).toMatchObject({
      host: "smtp.qiye.aliyun.com",
      regions: { personal: "smtp.aliyun.com" },
    });
    expect(ports("aliyun")[0]).toBe("465 tls");
    expect(the("aliyun").aliases).toContain("smtp.mxhichina.com");
    expect(english("aliyun")).toContain("smtp.mxhichina.com is the old name");
    expect(remedy("aliyun", "SMTP_AUTH_FAILED")).toContain("third-party clients");
    expect(remedy("aliyun", "SMTP_SENDER_REJECTED")).toContain("440");
    expect(remedy("aliyun", "SMTP_CONNECTION_TIMEOUT")).toContain("cannot reach port 25");
  });

  it("DirectMail has a host for every region, and the wrong one answers 535", () => {
    expect(the("directmail").host).toBe("smtpdm.aliyun.com");
    expect(the("directmail").regions).toEqual({
      "cn-hangzhou": "smtpdm.aliyun.com",
      "ap-southeast-1": "smtpdm-ap-southeast-1.aliyuncs.com",
      "us-east-1": "smtpdm-us-east-1.aliyuncs.com",
      "eu-central-1": "smtpdm-eu-central-1.aliyuncs.com",
    });
    expect(remedy("directmail", "SMTP_AUTH_FAILED")).toMatch(/region.*535/);
    expect(remedy("directmail", "SMTP_SENDER_REJECTED")).toContain("436");
  });

  it("Yahoo wants an app password, at 465 with TLS or 587 with STARTTLS", () => {
    expect(the("yahoo").credential).toBe("app-password");
    expect(ports("yahoo")).toEqual(["465 tls", "587 starttls"]);
  });

  it("Zoho's host depends on data centre and plan, and From must match", () => {
    expect(findProvider("zoho-cn")?.host).toBe("smtp.zoho.com.cn");
    expect(findProvider("zoho-ca")?.host).toBe("smtp.zohocloud.ca");
    expect(providerOfHost("smtppro.zoho.in")?.id).toBe("zoho");
    expect(remedy("zoho", "SMTP_AUTH_FAILED")).toMatch(/data centre.*app password/);
    expect(remedy("zoho", "SMTP_SENDER_REJECTED")).toContain("553");
    expect(english("zoho")).toContain("unverified");
  });

  it("iCloud's 587 is STARTTLS, and 465 is a rumour", () => {
    expect(ports("icloud")).toEqual(["587 starttls"]);
    expect(the("icloud").credential).toBe("app-password");
    expect(english("icloud")).toContain("465 as well (unverified)");
  });
});

describe("what else trips people up", () => {
  it("Postmark has no port 465", () => {
    expect(ports("postmark")).toEqual(["587 starttls", "2525 starttls", "25 starttls"]);
    for (const type of ["SMTP_CONNECTION_TIMEOUT", "SMTP_TIMEOUT", "SMTP_TLS_MODE_MISMATCH"] as const) {
      expect(remedy("postmark", type)).toContain("587");
    }
  });

  it("SES wants SMTP credentials of the region, and a sandbox reaches verified recipients only", () => {
    expect(remedy("ses", "SMTP_AUTH_FAILED")).toMatch(/region.*access keys/);
    expect(remedy("ses", "SMTP_MESSAGE_REJECTED")).toContain("sandbox");
    expect(remedy("ses", "SMTP_RATE_LIMITED")).toContain("454");
  });

  it("DirectMail's 552 is a quota", () => {
    expect(remedy("directmail", "SMTP_RATE_LIMITED")).toContain("552");
    expect(remedy("directmail", "SMTP_MESSAGE_TOO_LARGE")).toContain("552");
  });

  it("Mailtrap's sandbox delivers nothing", () => {
    expect(english("mailtrap")).toContain("delivers nothing");
  });

  it("nodemailer's ports come as numbers, and 465 is TLS even where the list does not say so", () => {
    expect(ports("loopia")).toEqual(["465 tls"]);
    expect(ports("hot.ee")).toEqual(["587 starttls"]);
    expect(ports("debugmail")).toEqual(["25 starttls"]);
  });
});
