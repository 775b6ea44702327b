import { forAgentFile, shellWord } from "../../../lib/shell-word.ts";
import { type Step, step } from "../../../lib/text/remedy.ts";

/** A name of the server's certificate that means the same address as the host in the URL. */
export interface RightName {
  readonly name: string;
  /** Of the agent.toml, and the line of control_plane.url in it. */
  readonly path: string;
  readonly line: number;
}

/** Names and IPv4 addresses that `sed` takes as they are, but for their dots. */
const PLAIN = /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/iu;

/** Whether a host may be part of a command: of certificates, it comes from outside. */
export function isPlainHost(host: string): boolean {
  return PLAIN.test(host);
}

/** How the URL gets that name; empty: one of the two is no plain name. */
export function rightNameSteps(url: string, { name, path, line }: RightName): readonly Step[] {
  const { hostname } = new URL(url);
  if (!isPlainHost(hostname) || !isPlainHost(name)) {
    return [];
  }
  // What is not of the host stays: a comment, the port, a path.
  const edit = `${line}s#//${hostname.replaceAll(".", "\\.")}\\b#//${name}#I`;
  return [
    step(
      `The name ${name} of the certificate leads to the same address. To use it in control_plane.url, which the agent applies by itself, run:`,
      forAgentFile(`sed -i --follow-symlinks ${shellWord(edit)} ${shellWord(path)}`),
    ),
  ];
}
