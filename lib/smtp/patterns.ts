/** The words and codes by which faults are known: what servers write, and what Node and OpenSSL call things. */

// Replies. Each pattern reads a line as `replyLine` writes it, e.g. `535 5.7.8 Error: authentication failed`. The text
// comes cleaned: printable ASCII, at most 500 characters.

/** One pattern of several, each of them readable by itself. */
function anyOf(...patterns: RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join("|"), "i");
}

/** Speed, number of messages, quota of the account. */
const limits = anyOf(
  /\bquota\b/, // SES, DirectMail 552
  /rate.?limit|limit (is |was |has been )?(exceed|reach)/,
  /exceed\w* .{0,30}\b(rate|limit)\b/,
  /(daily|hourly|monthly|sending|message|submission|relay)( (?!size)\w+)? (rate|limit)\b/,
  /too many (messages|e?mails|connections|concurrent|sessions|login)/,
  /too (frequent|fast)|frequency|unusual (rate|sending)/,
  /\b(HL:[A-Z]+|MI:(STC|DMC|SFQ)|RP:(DRC|QRC|TRC)|too much fail authentication)/, // NetEase
  /RCPTs? .{0,40}maximum threshold/, // Alibaba Mail
);
/** A recipient's own limits, which slow down or stop nobody else. */
const recipientsOwn = anyOf(/mailbox|inbox|storage|over ?quota/, /this recipient|user you/);

export const throttled = anyOf(
  /^421 4\.7\.(0|28)\b/, // Gmail
  /^[45]\d\d [45]\.4\.5\b/, // Gmail's daily limit
  /^[45].*(throttl|SubmissionQuota)/, // SES, Microsoft
  new RegExp(`^[45](?!.*(${recipientsOwn.source})).*(${limits.source})`),
);

/** Of a {@link throttled} server: the day's quota, or a longer one's, is used up. */
export const dailyQuota = anyOf(
  /^[45]\d\d [45]\.4\.5\b/, // Gmail
  /\b(daily|monthly|(per|a) (day|month)|today|tomorrow|24.?h(ou)?rs?)\b/,
  /\b(MI:STC|RP:DRC)\b/, // NetEase
  /RCPTs? .{0,40}maximum threshold/, // Alibaba Mail
  /SubmissionQuota/, // Microsoft
);
/** The same for an hour's quota, or one whose time is not told. */
export const someQuota = /\b(hourly|(per|an) hour|quota)\b/i;

/** The time after which a server asks us back, as its first group. */
export const namesTime =
  /\b(?:again|back|retry|wait|later|gr[ea]y-?listed)\b[^\d.;]{0,40}(\d\d?:\d\d:\d\d|\d{1,6} ?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b)/i;

export const greylisted = /^4.*gr[ea]y-?list/i;

export const tooLarge = anyOf(
  /^5\d\d 5\.(3\.4|2\.3)\b/, // RFC 3463
  /^5.*(size|length) .{0,40}(exceed|maximum|limit)/,
  /^5.*(exceed\w* .{0,30}|maximum .{0,20})size/,
  /^5.*(message|mail|content|attachment) (is )?too (large|big|long)/,
);

export const tooManyRecipients = anyOf(
  /^(552|452(?! 4\.))/, // RFC 5321 section 4.5.3.1.10
  /^(4\d\d 4|5\d\d 5)\.5\.3\b/, // RFC 3463
  /^[45].*too m(any|uch) recipients/,
);

/** Our settings keep us from a TLS that the server insists on. */
export const wantsTls = anyOf(
  /^[45]\d\d [45]\.7\.10\b/, // RFC 5248
  /^[45].*(issue|use|need|require)\w* .{0,20}STARTTLS/,
  /^[45].*STARTTLS .{0,20}(first|required)/,
);

/** A 535 to a password that may be right: it comes too often, or nobody can check it now. */
export const loginLater =
  /^5(?!.*(password|authorization code|credential|bad auth)).*(frequen|too many (login|connection)|system (is )?busy|temporar)/i;

/** To a client that has not logged in. Postfix says much of it only at RCPT (`smtpd_delay_reject`). */
export const wantsLogin = anyOf(
  /^53[0458]/,
  /^5.*authentication (is )?required/,
  /^5.*must (be )?(authenticate|log ?in)/,
  /^5.*need\w* .{0,20}auth|^5.*(auth\w*|log ?in) first/, // QQ
  /^5.*not authenticated|^5.*unauthenticated senders/, // Microsoft, SendGrid
  /^5.*client host .*(rejected|blocked)/, // Postfix
);

/** The account is ours, whoever the message's sender is. */
export const accountHeld = anyOf(
  /^5.*(outbound ?spam|bad outbound sender)/, // Microsoft
  /^551 .*account/, // DirectMail
  /^5(?!.*(recipient|tried to reach)).*account.{0,40}(suspend|disabled|blocked|locked|frozen|forbidden|abnormal)/,
  /^5.*account.{0,20}(not|n't) allowed to send/, // Alibaba Mail 541
  /^5.*(sending.{0,20}(suspended|paused|disabled)|user suspended)/, // SES, NetEase
);

/** Told after the content, when everything else has been accepted. */
export const senderRefusedLate = anyOf(
  /^550 5\.7\.60\b|^5.*(send ?as ?denied|permissions? to send (as|on behalf))/, // Microsoft
  /^553.*relaying disallowed/, // Zoho
  /^5.*verified sender identity/, // SendGrid
  /^5.*(address|domain|identity) is not verified/, // SES, Resend
  /^5.*sender signature/, // Postmark
  /^5.*DT:SUM/, // NetEase
  /^5.*mail ?from\W.{0,60}(conform|same|match)/, // QQ, Alibaba
  /^5.*(sender address (is )?(rejected|not)|not owned by)/, // Postfix, Yandex
  /^5.*(sender|from address).{0,40}(mis-?match|not (verified|validated|allowed|permitted|authori[sz]ed)(?! to send to))/,
);

// Causes: codes of Node, c-ares and OpenSSL, and ours.

export const timedOut = /^(TIMEOUT|ETIMEDOUT|ERR_TLS_HANDSHAKE_TIMEOUT)$/;
export const noSmtp = /^(GARBAGE|REPLY_TOO_LARGE|REPLY_INCONSISTENT)$/;
export const unresolved = /^(EAI_\w+|ENOTFOUND|ENODATA|ENONAME|ESERVFAIL|EREFUSED|EBADRESP|ETIMEOUT)$/;
export const unreachable =
  /^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EADDRNOTAVAIL|EAFNOSUPPORT|EACCES|EPERM)$/;
export const cutOff = /^(CLOSED|ECONNRESET|ECONNABORTED|EPIPE|ERR_SSL_UNEXPECTED_EOF_WHILE_READING)$/;

/** Plain text where TLS should be, or the reverse. */
export const notTls =
  /^(TLS_MODE|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTPS?_\w*REQUEST))$/;

// https://nodejs.org/api/tls.html#x509-certificate-error-codes
export const certificateDates =
  /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|ERROR_IN_CERT_NOT_(BEFORE|AFTER)_FIELD)$/;
export const certificateName = /^(ERR_TLS_CERT_ALTNAME_(INVALID|FORMAT)|HOSTNAME_MISMATCH)$/;
export const certificateTrust = anyOf(
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|CRL_\w+|ERROR_IN_CRL_\w+)$/,
  /^(INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|UNSPECIFIED|ERR_SSL_(EE|CA)_\w+_TOO_(SMALL|WEAK))$/,
);

/** A handshake that may well succeed next time. */
export const tlsHiccup = /^ERR_SSL_(\S*ALERT_INTERNAL_ERROR|\S*BAD_RECORD_MAC|DECRYPTION_FAILED\w*)$/;
/** OpenSSL 3.2 has a slash in some: `ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE`. */
export const tlsRefused = /^(ERR_(SSL|TLS|OSSL)_\S+|EPROTO)$/;
