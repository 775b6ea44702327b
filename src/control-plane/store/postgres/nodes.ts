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
import { AskedTogether } from "./connection/asked-together.ts";
import { PostgresStatements, type Runner } from "./connection/statements.ts";
import { contains } from "./lists/contains.ts";

const NODE = `
  select n.id, n."organizationId", n."executorId", n.name, n.revision, n."lostChanges", n.chain, n.config,
    n."desiredState", n."restartGeneration", n.deletion, n."isGone", n."createdAt", n."updatedAt",
    x.name as "executorName", o.observed, o."observedAt"
  from node n
    left join executor x on x.id = n."executorId" left join "nodeObservation" o on o."nodeId" = n.id`;
/** In one statement, so that the number and the nodes are of one moment. */
const OF_EXECUTOR = `
  select e."changeNumber", e."lostChanges", e.seen, e."capabilitiesHash",
    n.id, n.name, n."desiredState", n.deletion, n."isGone"
  from "executorNodes" e left join node n on n."executorId" = e."executorId" where e."executorId" = $1 order by n.ordinal`;

export class PostgresNodeReader extends PostgresStatements implements NodeReader {
  private readonly hot: Runner;
  private readonly together: AskedTogether;

  /** `hot` answers what every sync asks. */
  constructor(runner: Runner, hot: Runner = runner) {
    super(runner);
    this.hot = hot;
    this.together = new AskedTogether(runner);
  }

  async ofExecutor(executorId: string): Promise<ExecutorNodes> {
    const { rows } = await this.hot.query(OF_EXECUTOR, [executorId], "ofExecutor");
    const [first] = rows;
    if (first === undefined) {
      return NO_NODES;
    }
    const nodes = rows.filter((row) => row["id"] !== null).map(records.ownNode);
    return { ...records.executorNodes(first), nodes };
  }

  async byId(id: string): Promise<NodeRecord | undefined> {
    return mapped(await this.get(`${NODE} where n.id = $1`, id), records.node);
  }

  async byName(executorId: string, name: string): Promise<NodeRecord | undefined> {
    const sql = `${NODE} where n."executorId" = $1 and n.name = $2`;
    return mapped(await this.get(sql, executorId, name), records.node);
  }

  async listOfExecutor(executorId: string): Promise<readonly NodeRecord[]> {
    const rows = await this.all(`${NODE} where n."executorId" = $1 order by n.ordinal`, executorId);
    return rows.map(records.node);
  }

  async list(organizationId: string, page: NodePage): Promise<readonly NodeRecord[]> {
    const sql = `${NODE} where n."organizationId" = :organizationId
      and (:before::text is null
        or n.ordinal < (select ordinal from node where id = :before and "organizationId" = :organizationId))
      and (:search::text is null or ${contains("n.name", ":search")}
        or starts_with(n.id, :search))
      and (:executorId::text is null or n."executorId" = :executorId) and (:chain::text is null or n.chain = :chain)
      order by n.ordinal desc limit :limit`;
    const { before, limit, search, executorId, chain } = page;
    const rows = await this.allNamed(sql, { organizationId, before, limit, search, executorId, chain });
    return rows.map(records.node);
  }

  async revisions(nodeId: string, limit: number): Promise<readonly NodeRevision[]> {
    const sql = `select revision, config, "desiredState", "restartGeneration", deletion, at, actor
      from "nodeRevision" where "nodeId" = asked.id order by revision desc limit $2`;
    const rows = await this.together.rows(sql, "found.revision desc", nodeId, limit);
    return rows.map(records.nodeRevision);
  }

  async hasCapabilities(hash: string): Promise<boolean> {
    return (await this.get(`select 1 from "nodeCapabilities" where hash = $1`, hash)) !== undefined;
  }

  async capabilitiesOf(executorId: string): Promise<NodeCapabilities | undefined> {
    const sql = `select c.capabilities from "executorNodes" e join "nodeCapabilities" c on c.hash = e."capabilitiesHash"
      where e."executorId" = $1`;
    const row = await this.get(sql, executorId);
    return row === undefined ? undefined : records.capabilities(row);
  }
}

export class PostgresNodeWriter extends PostgresNodeReader implements NodeWriter {
  async insert(node: NewNode, actor: string): Promise<void> {
    const sql = `insert into node (id, "organizationId", "executorId", name, revision, "lostChanges", "createdAt",
      "updatedAt", chain, config, "desiredState", "restartGeneration", deletion)
      values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12)`;
    const { id, organizationId, executorId, name, revision, lostChanges, createdAt } = node;
    const own = [id, organizationId, executorId, name, revision, lostChanges, createdAt];
    await this.run(sql, ...own, node.config.chain, ...orderValues(node));
    await this.insertRevision(id, revision, node, createdAt, actor);
  }

  async order(
    node: Pick<NewNode, "id" | "revision" | "lostChanges"> & NodeOrder,
    { at, actor }: { readonly at: number; readonly actor: string },
  ): Promise<void> {
    const sql = `update node set config = $1, "desiredState" = $2, "restartGeneration" = $3, deletion = $4, revision = $5,
      "lostChanges" = $6, "updatedAt" = $7 where id = $8`;
    await this.run(sql, ...orderValues(node), node.revision, node.lostChanges, at, node.id);
    await this.insertRevision(node.id, node.revision, node, at, actor);
  }

  async setGone(id: string): Promise<void> {
    await this.run(`update node set "isGone" = true where id = $1`, id);
  }

  async delete(id: string): Promise<void> {
    await this.run("delete from node where id = $1", id);
  }

  async setChangeNumber(executorId: string, { changeNumber, lostChanges }: ChangeNumber): Promise<void> {
    const sql = `insert into "executorNodes" ("executorId", "changeNumber", "lostChanges") values ($1, $2, $3)
      on conflict ("executorId") do update
        set "changeNumber" = excluded."changeNumber", "lostChanges" = excluded."lostChanges"`;
    await this.run(sql, executorId, changeNumber, lostChanges);
  }

  private async insertRevision(
    id: string,
    revision: number,
    order: NodeOrder,
    at: number,
    actor: string,
  ): Promise<void> {
    const sql = `insert into "nodeRevision"
      ("nodeId", revision, at, actor, config, "desiredState", "restartGeneration", deletion)
      values ($1, $2, $3, $4, $5, $6, $7, $8)`;
    await this.run(sql, id, revision, at, actor, ...orderValues(order));
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
