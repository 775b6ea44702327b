import { startDeadline, untilAborted } from "../../../lib/deadline.ts";
import { PROXY_VARIABLES } from "../../sync/network/proxy-route.ts";
import { ownUnit } from "../../systemd/own-process.ts";
import { SERVICE } from "../../systemd/service-unit.ts";
import { installedService } from "../host/hidden-files.ts";

/** The start of the agent waits no longer for systemd's answer. */
const LONGEST_MS = 1000;

/**
 * Where the unit of this process sets the variables of proxies, by their names:
 * `/etc/systemd/system/novacula-agent.service.d/proxy.conf line 2`. Only for messages: a variable
 * is missing if this process is not the service, or if systemd does not answer.
 */
export async function proxyVariablePlaces(
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const set = PROXY_VARIABLES.filter((name) => environment[name] !== undefined);
  if (set.length === 0 || ownUnit() !== SERVICE) {
    return new Map();
  }
  using deadline = startDeadline(LONGEST_MS, signal);
  const asked = installedService().catch(() => undefined);
  const { variables = {}, sources = new Map() } =
    (await untilAborted(asked, deadline.signal))?.environment ?? {};
  // The unit may have changed since the start.
  return new Map(
    set
      .filter((name) => variables[name] === environment[name])
      .flatMap((name) => (sources.has(name) ? [[name, sources.get(name)] as const] : [])),
  );
}
