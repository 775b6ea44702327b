import { errorCode } from "../../../../lib/errors.ts";
import { MORE_DESCRIPTORS } from "../../../../lib/files/open-files.ts";
import { inPlace } from "../../../../lib/shell-word.ts";
import type { PostgresAddress } from "../../address/postgres-address.ts";
import type { StoreProblem } from "../../contract/store.ts";
import { refused } from "./server-trouble.ts";

/** An error of the driver that no server sent; undefined if it is none of a connection. */
export function connectionTrouble(error: unknown, address: PostgresAddress): StoreProblem | undefined {
  const code = errorCode(error) ?? "";
  const message = error instanceof Error ? error.message : "";
  return (
    networkTrouble(code, address) ?? tlsTrouble(code, message, address) ?? driverTrouble(message, address)
  );
}

function networkTrouble(code: string, { server }: PostgresAddress): StoreProblem | undefined {
  const isSocket = server.startsWith("/");
  const start = "start it (Debian: sudo systemctl start postgresql), or correct DATABASE_URL";
  switch (code) {
    case "ECONNREFUSED":
      return {
        reason: "the database server is not running",
        detail: `Nothing answers at ${server}.`,
        remedy: start,
      };
    case "ENOENT":
      return isSocket
        ? {
            reason: "the database server is not running",
            detail: `There is no socket ${server}.`,
            remedy: start,
          }
        : undefined;
    case "EACCES":
      return {
        reason: "the database server cannot be reached",
        detail: `The user of this control plane may not open ${server}.`,
        remedy: `correct the mode of the socket's folder, or DATABASE_URL`,
      };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return {
        reason: "the database server cannot be reached",
        detail: `The name in ${server} has no address (${code}).`,
        remedy: "correct DATABASE_URL, or the DNS of this host",
      };
    case "ECONNRESET":
    case "EPIPE":
      return lost(server);
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return {
        reason: "the database server cannot be reached",
        detail: `No way leads to ${server} (${code}).`,
        remedy: "look at the network and the firewalls, and at listen_addresses on the server",
      };
    case "EMFILE":
    case "ENFILE":
      return {
        reason: "the database server cannot be reached",
        detail: `This host or program has too many open files to connect to ${server} (${code}).`,
        remedy: inPlace(MORE_DESCRIPTORS),
      };
    default:
      return undefined;
  }
}

function lost(server: string): StoreProblem {
  return {
    reason: "the connection to the database was lost",
    detail: `${server} ended it, or the network did. A running control plane connects again by itself.`,
    remedy: "look at the log of the server if it lasts",
  };
}

/** OpenSSL's names, and those of Node.js. */
const UNTRUSTED =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY|GET)_\w+|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/u;

function tlsTrouble(code: string, message: string, { server }: PostgresAddress): StoreProblem | undefined {
  const reason = "the database server cannot be trusted";
  if (message === "The server does not support SSL connections") {
    return {
      reason,
      detail: `${server} offers no TLS, so anybody on the way could read the password and the keys' hashes. Nothing was sent.`,
      remedy: "set ssl = on with a certificate in postgresql.conf",
    };
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return {
      reason,
      detail: `The certificate of ${server} is for another name.`,
      remedy: "let DATABASE_URL use a name in the certificate, or renew the certificate",
    };
  }
  if (UNTRUSTED.test(code)) {
    const isOver = code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID";
    return isOver
      ? {
          reason,
          detail: `The certificate of ${server} is not valid today (${code}).`,
          remedy: "renew it, or correct the clock",
        }
      : {
          reason,
          detail: `The certificate of ${server} is signed by nobody that this host trusts (${code}).`,
          remedy: "add sslrootcert= and the path of its authority's certificate to DATABASE_URL",
        };
  }
  return /^(?:ERR_SSL|ERR_TLS|EPROTO|ERR_OSSL)/u.test(code) ||
    message.includes("establishing an SSL connection")
    ? {
        reason,
        detail: `TLS with ${server} failed (${code || "no reason given"}).`,
        remedy: "look at the log of the server",
      }
    : undefined;
}

/** The driver's own errors have no code. */
function driverTrouble(message: string, address: PostgresAddress): StoreProblem | undefined {
  const { server } = address;
  if (/^SASL: /u.test(message)) {
    return refused(address);
  }
  if (/time(?:d )?out/iu.test(message)) {
    return {
      reason: "the database server does not answer",
      detail: `${server} took the connection or a statement and gave no answer in time.`,
      remedy: "look at its load, its disk and the network",
    };
  }
  if (/^Connection terminated|not queryable|after calling end/u.test(message)) {
    return lost(server);
  }
  return undefined;
}
