import type { NodeCapabilities } from "../../../protocol/nodes/node-exchange.ts";
import {
  type ChangeNumber,
  type ExecutorNodes,
  type NewNode,
  NO_NODES,
  type NodeOrder,
  type NodePage,
  type NodeReader,
  type NodeRecord,
  type NodeRevision,
  type NodeWriter,
} from "../contract/nodes.ts";
import * as records from "../rows/node-records.ts";
import { mapped } from "../rows/row.ts";
import { SqliteStatements } from "./rows/statements.ts";

const NODE = `
  select n.*, x.name as executorName, o.observed, o.observedAt from node n
    left join executor x on x.id = n.executorId left join nodeObservation o on o.nodeId = n.id`;

export class SqliteNodeReader extends SqliteStatements implements NodeReader {
  async ofExecutor(executorId: string): Promise<ExecutorNodes> {
    const sql = `select changeNumber, lostChanges, seen, capabilitiesHash from executorNodes where executorId = ?`;
    const own = mapped(this.get(sql, executorId), records.executorNodes);
    if (own === undefined) {
      return NO_NODES;
    }
    const nodes = "select id, name, desiredState, deletion, isGone from node where executorId = ?";
    return { ...own, nodes: this.all(nodes, executorId).map(records.ownNode) };
  }

  async byId(id: string): Promise<NodeRecord | undefined> {
    return mapped(this.get(`${NODE} where n.id = ?`, id), records.node);
  }

  async byName(executorId: string, name: string): Promise<NodeRecord | undefined> {
    const sql = `${NODE} where n.executorId = ? and n.name = ?`;
    return mapped(this.get(sql, executorId, name), records.node);
  }

  async listOfExecutor(executorId: string): Promise<readonly NodeRecord[]> {
    return this.all(`${NODE} where n.executorId = ? order by n.rowid`, executorId).map(records.node);
  }

  async list(organizationId: string, page: NodePage): Promise<readonly NodeRecord[]> {
    const { before, limit, search, executorId, chain } = page;
    const sql = `${NODE} where n.organizationId = ?1
      and (?2 is null or n.rowid < (select rowid from node where id = ?2 and organizationId = ?1))
      and (?4 is null or contains(n.name, ?4) or substr(n.id, 1, length(?4)) = ?4)
      and (?5 is null or n.executorId = ?5) and (?6 is null or n.chain = ?6) order by n.rowid desc limit ?3`;
    const values = [organizationId, before, limit, search, executorId, chain];
    return this.all(sql, ...values).map(records.node);
  }

  async revisions(nodeId: string, limit: number): Promise<readonly NodeRevision[]> {
    const sql = "select * from nodeRevision where nodeId = ? order by revision desc limit ?";
    return this.all(sql, nodeId, limit).map(records.nodeRevision);
  }

  async hasCapabilities(hash: string): Promise<boolean> {
    return this.get("select 1 from nodeCapabilities where hash = ?", hash) !== undefined;
  }

  async capabilitiesOf(executorId: string): Promise<NodeCapabilities | undefined> {
    const sql = `select c.capabilities from executorNodes e join nodeCapabilities c on c.hash = e.capabilitiesHash
      where e.executorId = ?`;
    const row = this.get(sql, executorId);
    return row === undefined ? undefined : records.capabilities(row);
  }
}

export class SqliteNodeWriter extends SqliteNodeReader implements NodeWriter {
  async insert(node: NewNode, actor: string): Promise<void> {
    const sql = `insert into node (id, organizationId, executorId, name, revision, lostChanges, createdAt, updatedAt,
      chain, config, desiredState, restartGeneration, deletion) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const { id, organizationId, executorId, name, revision, lostChanges, createdAt } = node;
    const own = [id, organizationId, executorId, name, revision, lostChanges, createdAt, createdAt];
    this.run(sql, ...own, node.config.chain, ...orderValues(node));
    this.insertRevision(id, revision, node, createdAt, actor);
  }

  async order(
    node: Pick<NewNode, "id" | "revision" | "lostChanges"> & NodeOrder,
    { at, actor }: { readonly at: number; readonly actor: string },
  ): Promise<void> {
    const sql = `update node set config = ?, desiredState = ?, restartGeneration = ?, deletion = ?, revision = ?,
      lostChanges = ?, updatedAt = ? where id = ?`;
    this.run(sql, ...orderValues(node), node.revision, node.lostChanges, at, node.id);
    this.insertRevision(node.id, node.revision, node, at, actor);
  }

  async setGone(id: string): Promise<void> {
    this.run("update node set isGone = 1 where id = ?", id);
  }

  async delete(id: string): Promise<void> {
    this.run("delete from node where id = ?", id);
  }

  async setChangeNumber(executorId: string, { changeNumber, lostChanges }: ChangeNumber): Promise<void> {
    const sql = `insert into executorNodes (executorId, changeNumber, lostChanges) values (?, ?, ?)
      on conflict (executorId) do update set changeNumber = excluded.changeNumber, lostChanges = excluded.lostChanges`;
    this.run(sql, executorId, changeNumber, lostChanges);
  }

  private insertRevision(id: string, revision: number, order: NodeOrder, at: number, actor: string): void {
    const sql = `insert into nodeRevision (nodeId, revision, at, actor, config, desiredState, restartGeneration, deletion)
      values (?, ?, ?, ?, ?, ?, ?, ?)`;
    this.run(sql, id, revision, at, actor, ...orderValues(order));
  }
}

/** In the order of the columns config, desiredState, restartGeneration, deletion. */
function orderValues(order: NodeOrder): [string, string, number, string | null] {
  const { config, desiredState, restartGeneration, deletion } = order;
  return [
    JSON.stringify(config),
    desiredState,
    restartGeneration,
    deletion === null ? null : JSON.stringify(deletion),
  ];
}
