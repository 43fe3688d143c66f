/** What List-Unsubscribe offers, and whether mail programs will take it (RFC 2369, RFC 8058). */

export interface ListUnsubscribe {
  /** As it came; empty where there is none */
  Header: string;
  /** Of List-Unsubscribe-Post */
  HeaderPost: string;
  /** At most one `mailto:` and one `http(s):` */
  Links: string[];
  /** What is wrong with it, in words; empty where nothing is */
  Errors: string;
}

/** @param header the value of List-Unsubscribe, with its comments: `<mailto:off@example.com>, <https://example.com/off>` */
export function readListUnsubscribe(header = "", headerPost = ""): ListUnsubscribe {
  const errors: string[] = [];
  const links = new Map<string, string>();
  const list = header.replace(/\([^()]*\)/g, "").trim();
  if (list !== "" && !/^<[^<>]*>(\s*,\s*<[^<>]*>)*$/.test(list)) {
    errors.push("should be links in angle brackets, separated by commas");
  } else {
    for (const [, link = ""] of list.matchAll(/<([^<>]*)>/g)) {
      const [kind] = /^(mailto|http)(?=s?:)/i.exec(link.toLowerCase()) ?? [];
      if (!kind || !URL.canParse(link) || /\s/.test(link)) {
        errors.push("should hold mailto: and http(s): links only");
      } else if (links.has(kind)) errors.push(`should hold one ${kind}: link`);
      else links.set(kind, link);
    }
  }
  return { Header: header, HeaderPost: headerPost, Links: [...links.values()], Errors: errors.join(", ") };
}
