import { isKeyShaped } from "../../protocol/key-shape.ts";
import type { Arrival } from "../../protocol/refusal.ts";

/** What a request has in its Authorization header. */
type Presented =
  | { readonly kind: "key"; readonly secret: string }
  | { readonly kind: "no-key"; readonly arrived: Arrival; readonly message: string };

const BEARER = /^bearer(?: +(.*))?$/i;
/** A comma, then a scheme with a credential, or a key. The parameters of `Digest` have a `=`. */
const ANOTHER = /,\s*(?:[a-z][\w-]*\s+\S|exc_)/i;
/** Only these are repeated: the first word of an unknown header may be a secret. */
const SCHEMES = ["Basic", "Digest", "Negotiate", "NTLM", "Token", "ApiKey", "DPoP", "AWS4-HMAC-SHA256"];

const SEND = "send the header Authorization: Bearer exc_…";
const PROXY = "if the client does, a proxy on the way";

/** Finds the key, or says what arrived instead. */
export function presentedKey(authorization: string | undefined): Presented {
  const header = authorization?.trim() ?? "";
  if (header === "") {
    return noKey("nothing", `no Authorization header arrived: ${SEND}; ${PROXY} removes it`);
  }
  if (ANOTHER.test(header)) {
    return noKey(
      "several",
      `two credentials arrived in one Authorization header: ${SEND}; ${PROXY} adds its own`,
    );
  }
  const credential = BEARER.exec(header)?.[1]?.trim();
  if (credential === undefined && !/^bearer$/i.test(header)) {
    const scheme = SCHEMES.find((each) => header.toLowerCase().startsWith(`${each.toLowerCase()} `));
    const what = scheme === undefined ? "without the word Bearer" : `of the scheme ${scheme}`;
    return noKey("other_scheme", `an Authorization header ${what} arrived: ${SEND}; ${PROXY} replaces it`);
  }
  if (credential === undefined || !isKeyShaped(credential)) {
    return noKey(
      "not_a_key",
      `this is not an executor key, which begins with exc_ and has no spaces: ${SEND}; ${PROXY} replaces it`,
    );
  }
  return { kind: "key", secret: credential };
}

function noKey(arrived: Arrival, message: string): Presented {
  return { kind: "no-key", arrived, message };
}
