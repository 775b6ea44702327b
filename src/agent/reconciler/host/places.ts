/** The folders and sockets of a host with nodes. Only tests use others. */
export interface HostPlaces {
  /** Arguments and files of nodes: `NODE/ROLE.argv`. Each node can read its own. */
  readonly nodesDir: string;
  /** The data of nodes, as they see it. The agent cannot read it. */
  readonly dataDir: string;
  /** A folder of the file system that has the data, and that the agent may look at. */
  readonly diskPath: string;
  /** Where the root helper listens. */
  readonly handSocket: string;
  /** The links of units that start at boot. */
  readonly wantsDir: string;
  /** The programs of clients; undefined: where the packages put them. */
  readonly clientsDir: string | undefined;
  /** The only `data_dir` of an agent that manages nodes: the unit templates name it. */
  readonly agentDataDir: string;
}

/** Where the data of nodes really is. Only root may look in. */
export const NODE_DATA = "/var/lib/private/novacula-nodes";

export const HOST_PLACES: HostPlaces = {
  nodesDir: "/var/lib/novacula/nodes",
  dataDir: "/var/lib/novacula-nodes",
  diskPath: "/var/lib/private",
  handSocket: "/run/novacula-nodes.sock",
  wantsDir: "/etc/systemd/system/novacula-nodes.target.wants",
  clientsDir: undefined,
  agentDataDir: "/var/lib/novacula",
};
