import { hash, randomBytes } from "node:crypto";

/** What a digest is made of. */
export interface DigestParts {
  readonly user: string;
  readonly password: string;
  readonly method: string;
  readonly path: string;
  /** The `WWW-Authenticate` headers of a 401. */
  readonly challenges: string | string[] | undefined;
}

/**
 * The `Authorization` header of RFC 7616 for the challenge that monerod gives: MD5, `qop=auth`. No
 * package for this is both maintained and small, and ours needs nothing else of the RFC. Undefined
 * if there is no such challenge. The password does not leave the agent.
 */
export function digestAuthorization({
  user,
  password,
  method,
  path,
  challenges,
}: DigestParts): string | undefined {
  const challenge = [challenges ?? []]
    .flat()
    .slice(0, 8)
    .map(parametersOf)
    .find((each) => (each.get("algorithm") ?? "MD5").toUpperCase() === "MD5");
  const [realm, nonce] = [challenge?.get("realm"), challenge?.get("nonce")];
  if (realm === undefined || nonce === undefined) {
    return undefined;
  }
  const [cnonce, count] = [randomBytes(16).toString("hex"), "00000001"];
  const secret = md5(`${user}:${realm}:${password}`);
  const response = md5(`${secret}:${nonce}:${count}:${cnonce}:auth:${md5(`${method}:${path}`)}`);
  return (
    `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${path}", algorithm=MD5, ` +
    `qop=auth, nc=${count}, cnonce="${cnonce}", response="${response}"`
  );
}

/** `realm="x", nonce=y`: only values that can stand in a header again. */
function parametersOf(challenge: string): ReadonlyMap<string, string> {
  if (!/^Digest /iu.test(challenge)) {
    return new Map();
  }
  const pairs = challenge
    .slice(0, 2000)
    .matchAll(/([a-z]{1,20})=(?:"([\x20!\x23-\x5b\x5d-\x7e]*)"|([^\s,"\\]+))/giu);
  return new Map([...pairs].map(([, name = "", quoted, bare = ""]) => [name.toLowerCase(), quoted ?? bare]));
}

function md5(text: string): string {
  return hash("md5", text, "hex");
}
