import { readFileSync } from "node:fs";
import { keyFingerprint } from "../../../src/protocol/fingerprint.ts";
import { makeKey } from "../keys.ts";
import { onlyFor } from "../only-for.ts";
import { HOST_BASE, temporaryDirectory } from "../temp-dir.ts";
import { type AgentHome, type AgentProcess, agentHome, startAgent } from "./agent-process.ts";
import { json } from "./behaviours.ts";
import { type CommandResult, command } from "./command.ts";
import { type Behaviour, type FaultyServer, startFaultyServer } from "./faulty-server.ts";

/** A folder for an agent.toml and its agent's files, removed after the test. */
export interface Home extends AgentHome, Disposable {
  readonly folder: string;
}

export function home(): Home {
  const folder = temporaryDirectory(HOST_BASE);
  return { folder: folder.path, ...agentHome(folder.path), [Symbol.dispose]: folder.remove };
}

/** A host, its control plane, and a person at its shell. No agent runs yet. */
export interface Scene extends AsyncDisposable {
  /** In agent.toml. */
  readonly key: string;
  /** A second key that the control plane knows. No file contains it. */
  readonly fresh: string;
  readonly server: FaultyServer;
  readonly place: Home;
  /** Writes a new agent.toml with that key. */
  putKey(secret: string): void;
  /** The content of agent.toml. */
  text(): string;
  /** Runs the program for this agent.toml. */
  run(...words: readonly string[]): Promise<CommandResult>;
  setKey(input: string | Uint8Array, ...words: readonly string[]): Promise<CommandResult>;
}

export interface OnlineScene extends Scene {
  readonly agent: AgentProcess;
}

export async function setScene(): Promise<Scene> {
  await using unfinished = new AsyncDisposableStack();
  const [key, fresh] = [makeKey(), makeKey()];
  const place = unfinished.use(home());
  const server = unfinished.use(await startFaultyServer());
  server.respond(knowing(key, fresh));
  place.write({ url: server.url, key });
  const finished = unfinished.move();
  const { configPath } = place;
  return {
    key,
    fresh,
    server,
    place,
    putKey: (secret) => place.write({ url: server.url, key: secret }),
    text: () => readFileSync(configPath, "utf8"),
    run: (...words) => command([...words, "-c", configPath]),
    setKey: (input, ...words) => command(["set-key", "-c", configPath, ...words], { input }),
    [Symbol.asyncDispose]: () => finished.disposeAsync(),
  };
}

/** The same, with an agent that is online with the key. */
export async function setOnlineScene(): Promise<OnlineScene> {
  await using unfinished = new AsyncDisposableStack();
  const scene = unfinished.use(await setScene());
  const agent = unfinished.use(await onlineAgent(scene.place, scene.key));
  const finished = unfinished.move();
  return { ...scene, agent, [Symbol.asyncDispose]: () => finished.disposeAsync() };
}

/** Generous, because three may start at once on a busy machine. */
export const START_LIMIT_MS = 20_000;

/** Resolves with the agent of a home once it is online with that key. */
export async function onlineAgent(place: AgentHome, secret: string): Promise<AgentProcess> {
  await using unfinished = new AsyncDisposableStack();
  const agent = unfinished.use(startAgent(place));
  await agent.waitForStatus(
    (status) => status.state === "online" && status.key?.fingerprint === keyFingerprint(secret),
    START_LIMIT_MS,
  );
  unfinished.move();
  return agent;
}

/**
 * A control plane that knows these keys, by the id `k_` and the fingerprint. All others are
 * revoked.
 */
export function knowing(...secrets: readonly string[]): Behaviour {
  return (exchange) => {
    const { keyFingerprint: fingerprint, operationName } = exchange.request;
    const isKnown = secrets.map(keyFingerprint).includes(fingerprint ?? "");
    if (operationName !== "CurrentKey" || !isKnown) {
      return onlyFor(secrets)(exchange);
    }
    const key = { id: `k_${fingerprint}`, name: "prod", expiresAt: null, revokesAt: null };
    const organization = { id: "org-1", name: "Acme", slug: "acme" };
    json(200, { data: { currentKey: { key, organization } } })(exchange);
  };
}
