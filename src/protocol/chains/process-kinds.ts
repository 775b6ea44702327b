import type { ChainRole } from "./adapters/adapter.ts";
import { CATALOGUE } from "./catalogue.ts";

/** One kind of process, with a template unit of its own. */
export interface ProcessKind {
  /** The template's name: `bitcoin-node` for `bitcoin-node@.service`. */
  readonly kind: string;
  readonly chain: string;
  readonly role: string;
  /** For people: `Bitcoin node`. */
  readonly title: string;
  readonly stopTimeoutSecs: number;
  readonly killSignal: ChainRole["killSignal"];
  readonly openFiles: number;
  readonly compilesAtRunTime: boolean;
}

/** All kinds of the catalogue, in its order. */
export function processKinds(): readonly ProcessKind[] {
  return CATALOGUE.flatMap(({ chain, title, roles }) =>
    roles.map((role) => ({
      kind: kindName(chain, role.role),
      chain,
      role: role.role,
      title: `${title} ${role.title}`,
      stopTimeoutSecs: role.stopTimeoutSecs,
      killSignal: role.killSignal,
      openFiles: role.openFiles,
      compilesAtRunTime: role.compilesAtRunTime,
    })),
  );
}

/** The systemd unit of a process, such as `bitcoin-node@btc-1.service`. */
export function unitName(chain: string, role: string, node: string): string {
  return `${kindName(chain, role)}@${node}.service`;
}

function kindName(chain: string, role: string): string {
  return `${chain}-${role}`;
}
