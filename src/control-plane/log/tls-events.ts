import type { EventDescription } from "../../lib/log/event-description.ts";

/** What becomes of the certificate that the control plane serves. */
export const TLS_EVENTS = {
  "tls.expired": {
    level: "error",
    meaning: "The certificate in `TLS_CERT` has expired, so executors and browsers refuse it.",
    remedy: "Renew it. No restart is needed.",
  },
  "tls.expires-soon": {
    level: "warn",
    meaning:
      "The certificate in `TLS_CERT` expires within a week. One of short validity: within the last fifth of it.",
    remedy: "Renew it before then. No restart is needed.",
  },
  "tls.not-yet-valid": {
    level: "error",
    meaning: "The certificate in `TLS_CERT` is not valid yet, so executors and browsers refuse it.",
    remedy: "Replace it, or set this host's clock if it is wrong. No restart is needed.",
  },
  "tls.odd": {
    level: "warn",
    meaning:
      "The certificate is in use, and the line says what is odd: a name that the previous one had is gone, some clients refuse its chain or miss a part of it, or every user of the host may read its key.",
    remedy: "Do what the line says. No restart is needed.",
  },
  "tls.renewed": {
    level: "info",
    meaning: "A new certificate is in use for new connections; the line says until when it is valid.",
    remedy: "Nothing.",
  },
  "tls.unusable": {
    level: "error",
    meaning:
      "`TLS_CERT` or `TLS_KEY` changed and cannot be used, or the new certificate is not valid now or is not for the names of the previous one. The previous pair stays in use.",
    remedy: "Do what the line says. No restart is needed.",
  },
} as const satisfies Record<string, EventDescription>;
