import { absolutePath } from "../../../lib/files/absolute-path.ts";
import { printable } from "../../../lib/printable.ts";
import { adviseForAgent } from "../../../lib/shell-word.ts";
import { configPath } from "../../config/load-config.ts";
import { SHELL_PLACE } from "../../sync/proxy/proxy-advice.ts";
import { isInstalled, readServiceFacts, type ServiceFacts } from "../../systemd/service/service-facts.ts";
import { type Patience, settledUnit } from "../../systemd/settled-unit.ts";
import type { ConfigOptions } from "../host/config-place.ts";
import { type ServiceView, viewOf } from "../host/service-view.ts";

/** The agent that is judged, and the environment that it has. */
export interface Subject {
  /** The absolute path of its agent.toml. */
  readonly path: string;
  /** Whether a command without `--config` finds it too. */
  readonly isUsual: boolean;
  /** What names that path; undefined: it is the default path. Printable. */
  readonly pathSource: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Where a variable of `environment` gets its value, printable. */
  readonly sourceOf: (variable: string) => string;
  /** The service; undefined if another agent is judged, or if there is none. */
  readonly service: ServiceView | undefined;
  /** What systemd knows of the service, judged or not; undefined if systemd does not answer. */
  readonly facts: ServiceFacts | undefined;
}

/**
 * The agent of the installed service, as systemd starts it. Without a service it is the agent of
 * `--config`, and so it is if `--config` names another file than the service uses.
 */
export async function findSubject(
  options: ConfigOptions,
  environment: NodeJS.ProcessEnv,
  patience: Patience,
): Promise<Subject> {
  const facts = await settledUnit(readServiceFacts, patience);
  const service = isInstalled(facts) ? await viewOf(facts) : undefined;
  const { NOVACULA_CONFIG: variable = "" } = environment;
  const named = options.config || variable;
  if (service !== undefined && (named === "" || absolutePath(named) === service.configPath)) {
    const { variables, sources } = service.environment;
    return {
      path: service.configPath,
      isUsual: true,
      pathSource: service.configSource === undefined ? undefined : printable(service.configSource, 4096),
      environment: variables,
      sourceOf: (name) => printable(sources.get(name) ?? "the service's environment", 4096),
      service,
      facts,
    };
  }
  const byFlag = options.config === undefined ? "NOVACULA_CONFIG in this shell" : "--config";
  const path = configPath(options.config, environment);
  const isUsual = path === configPath(undefined, environment);
  adviseForAgent(isUsual ? undefined : path, process.geteuid?.() !== 0);
  return {
    path,
    isUsual,
    pathSource: named === "" ? undefined : byFlag,
    environment,
    sourceOf: () => SHELL_PLACE,
    service: undefined,
    facts,
  };
}
