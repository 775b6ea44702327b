import { makeKey } from "../keys.ts";
import { onlyFor } from "../only-for.ts";
import { temporaryDirectory } from "../temp-dir.ts";
import {
  type AgentHome,
  type AgentProcess,
  agentHome,
  type StartOptions,
  startAgent,
} from "./agent-process.ts";
import { type Behaviour, type FaultyServer, startFaultyServer } from "./faulty-server.ts";

/** One agent, its files, and a control plane with a behaviour that the test chooses. */
export interface Scene extends AsyncDisposable {
  readonly server: FaultyServer;
  readonly home: AgentHome;
  readonly agent: AgentProcess;
  readonly key: string;
}

/** Starts an agent and a server that knows its key. Does not wait until it is online. */
export async function setScene(options: Partial<StartOptions> = {}, behaviour?: Behaviour): Promise<Scene> {
  const directory = temporaryDirectory();
  const server = await startFaultyServer();
  const key = makeKey();
  const home = agentHome(directory.path);
  server.respond(behaviour ?? onlyFor([key]));
  home.write({ url: server.url, key });
  const agent = startAgent({ ...home, ...options });
  return {
    server,
    home,
    agent,
    key,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      directory.remove();
    },
  };
}

/** The same, with the executor online. */
export async function setOnlineScene(options: Partial<StartOptions> = {}): Promise<Scene> {
  const scene = await setScene(options);
  try {
    await scene.agent.waitForLine("key.accepted", /^/, 20_000);
    return scene;
  } catch (error) {
    await scene[Symbol.asyncDispose]();
    throw error;
  }
}
