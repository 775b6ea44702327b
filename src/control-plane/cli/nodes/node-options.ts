import { InvalidArgumentError, Option } from "commander";
import type { ExitCodeNote } from "../../../lib/command-line/command.ts";
import { organizationOptions } from "../management/options.ts";

/** Bytes in one of each unit. */
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

export interface ClientChoice {
  readonly role: string;
  readonly client: string;
  readonly version: string;
  readonly allowDowngrade: boolean;
}

export interface Setting {
  readonly role: string;
  readonly key: string;
  readonly value: string;
}

export interface PortChoice {
  readonly role: string;
  readonly name: string;
  /** Null: its default. */
  readonly port: number | null;
}

/** A limit of one role; null: none. */
export interface Limit {
  readonly role: string;
  readonly amount: number | null;
}

/** What `nodes create` and `nodes update` say about the configuration. */
export interface ConfigurationOptions {
  readonly client?: readonly ClientChoice[];
  readonly set?: readonly Setting[];
  readonly port?: readonly PortChoice[];
  readonly memory?: readonly Limit[];
  readonly cpu?: readonly Limit[];
}

export interface WaitOptions {
  readonly wait?: boolean;
  /** Seconds. */
  readonly timeout: number;
}

export function nodeOptions(): readonly Option[] {
  return [
    new Option("--executor <executor>", "name or id of its executor, if several have a node of this name"),
    ...organizationOptions(),
  ];
}

/** Each may be given several times. */
export function configurationOptions(): readonly Option[] {
  return [
    many("--client <role=client@version>", "program and version of a role (el=geth@1.16.7)", clientChoice),
    many(
      "--set <role.key=value>",
      "a setting of a client that differs from its default (node.dbcache=4096)",
      setting,
    ),
    many("--port <role.name=port>", "a port that differs from its default (node.p2p=18444)", portChoice),
    many("--memory <role=size>", "limit of the memory of a role (node=4GiB; node=none)", memoryLimit),
    many("--cpu <role=cores>", "limit of the processors of a role (node=1.5; node=none)", cpuLimit),
  ];
}

/** Of the commands that can wait. */
export const WAIT_EXIT_CODES: readonly ExitCodeNote[] = [
  [0, "ordered; with --wait: done"],
  [1, "refused; with --wait: the node is in error, and the order stands"],
  [2, "no answer; with --wait: not done yet (--timeout, Ctrl-C), and the order stands"],
];

export function waitOptions(): readonly Option[] {
  return [
    new Option("--wait", "wait until the executor has carried it out, and tell how far it is"),
    new Option("--timeout <seconds>", "how long --wait waits").argParser(seconds).default(600),
  ];
}

function many<Value>(flags: string, description: string, parse: (text: string) => Value): Option {
  return new Option(flags, description).argParser((text: string, before: readonly Value[] | undefined) => [
    ...(before ?? []),
    parse(text),
  ]);
}

function clientChoice(text: string): ClientChoice {
  const [, role, client, version] = /^([^=]+)=([^@]+)@(.+)$/u.exec(text) ?? [];
  if (role === undefined || client === undefined || version === undefined) {
    throw new InvalidArgumentError("It must have the form ROLE=CLIENT@VERSION.");
  }
  return { role, client, version, allowDowngrade: false };
}

export function setting(text: string): Setting {
  const [, role, key, value] = /^([^.=]+)\.([^=]+)=(.*)$/su.exec(text) ?? [];
  if (role === undefined || key === undefined || value === undefined) {
    throw new InvalidArgumentError("It must have the form ROLE.KEY=VALUE.");
  }
  return { role, key, value };
}

/** `ROLE.KEY` of `--unset`. */
export function settingName(text: string): { readonly role: string; readonly key: string } {
  const [, role, key] = /^([^.=]+)\.([^=]+)$/u.exec(text) ?? [];
  if (role === undefined || key === undefined) {
    throw new InvalidArgumentError("It must have the form ROLE.KEY.");
  }
  return { role, key };
}

function portChoice(text: string): PortChoice {
  const [, role, name, port] = /^([^.=]+)\.([^=]+)=(\d{1,5}|default)$/u.exec(text) ?? [];
  if (role === undefined || name === undefined || port === undefined) {
    throw new InvalidArgumentError("It must have the form ROLE.NAME=PORT, or ROLE.NAME=default.");
  }
  return { role, name, port: port === "default" ? null : Number(port) };
}

function memoryLimit(text: string): Limit {
  const [, role, number, unit = ""] =
    /^([^=]+)=(?:(\d{1,15}(?:\.\d{1,3})?)([KMGT]iB)?|none)$/u.exec(text) ?? [];
  if (role === undefined) {
    throw new InvalidArgumentError("It must have the form ROLE=SIZE, such as node=4GiB, or ROLE=none.");
  }
  return { role, amount: number === undefined ? null : Math.round(Number(number) * (UNITS[unit] ?? 1)) };
}

/** In thousandths of a processor. */
function cpuLimit(text: string): Limit {
  const [, role, number] = /^([^=]+)=(?:(\d{1,4}(?:\.\d{1,3})?)|none)$/u.exec(text) ?? [];
  if (role === undefined) {
    throw new InvalidArgumentError("It must have the form ROLE=CORES, such as node=1.5, or ROLE=none.");
  }
  return { role, amount: number === undefined ? null : Math.round(Number(number) * 1000) };
}

function seconds(text: string): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (value < 1) {
    throw new InvalidArgumentError("It must be a number of seconds, at least 1.");
  }
  return value;
}
