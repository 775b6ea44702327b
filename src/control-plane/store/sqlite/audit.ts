import type { SQLInputValue } from "node:sqlite";
import type { AuditEvent, AuditPage, AuditReader, AuditWriter, NewAuditEvent } from "../contract/audit.ts";
import * as records from "./rows/records.ts";
import type { Row } from "./rows/row.ts";
import { SqliteStatements } from "./rows/statements.ts";

const MAX_NAMES = 200;
const NEWEST = "order by e.at desc, e.sequence desc limit :limit";

type Values = Readonly<Record<string, SQLInputValue>>;

/** A condition on events, with the values of its parameters. */
interface Condition {
  readonly sql: string;
  readonly values: Values;
}

/** A condition that an index answers in the list's order, so that only one page is read of it. */
interface Branch extends Condition {
  readonly index:
    | "auditEvent_at"
    | "auditEvent_action"
    | "auditEvent_actor"
    | "auditEvent_target"
    | "auditEvent_targetName";
}

/** An event's place in the list, which is ordered by time, then by the order of writing. */
interface Place {
  readonly at: SQLInputValue;
  readonly sequence: SQLInputValue;
}

/**
 * The audit log, newest first. It grows forever, so no filter may read all of it.
 *
 * Part of an actor's name is searched among the distinct actors, which have a table of their own.
 * One seek finds each actor's newest event. More is read only of actors whose newest event can be
 * on the page.
 *
 * The beginning of a target's name is searched among the distinct names. One seek finds each of
 * them (a loose index scan).
 *
 * Statements name their index, so that statistics cannot change what is read.
 */
export class SqliteAuditReader extends SqliteStatements implements AuditReader {
  async events(organizationId: string, page: AuditPage): Promise<readonly AuditEvent[]> {
    const after = page.before === null ? undefined : this.placeOf(organizationId, page.before);
    if (page.before !== null && after === undefined) {
      return [];
    }
    const window = windowOf(organizationId, page, after);
    const places = this.branches(organizationId, page, window).flatMap((branch) =>
      this.newest(branch, window, page.limit),
    );
    const sequences = [...new Set(places.toSorted(byPlace).map(({ sequence }) => sequence))];
    const sql = `select e.* from json_each(?) wanted cross join auditEvent e on e.sequence = wanted.value`;
    return this.all(sql, `[${sequences.slice(0, page.limit).join()}]`).map(records.auditEvent);
  }

  private placeOf(organizationId: string, id: string): Place | undefined {
    const row = this.get(
      "select at, sequence from auditEvent where id = ? and organizationId = ?",
      id,
      organizationId,
    );
    return row === undefined ? undefined : placeIn(row);
  }

  private newest(branch: Branch, window: Condition, limit: number): Place[] {
    const sql = `select e.at, e.sequence from auditEvent e indexed by ${branch.index}
      where ${window.sql} and ${branch.sql} ${NEWEST}`;
    return this.allNamed(sql, { ...window.values, ...branch.values, limit }).map(placeIn);
  }

  private branches(organizationId: string, page: AuditPage, window: Condition): readonly Branch[] {
    if (page.target !== null) {
      return this.targetBranches(organizationId, page.target, page);
    }
    if (page.action === null && page.actor === null) {
      return [{ index: "auditEvent_at", sql: "true", values: {} }];
    }
    return this.actorBranches(page, window);
  }

  /**
   * One for each actor who may have an event on the page. If at least `limit` actors match, the
   * newest events of `limit` of them fill the page: `oldest`, the last of those, bounds the page.
   */
  private actorBranches({ action, actor, limit }: AuditPage, window: Condition): readonly Branch[] {
    const index = action === null ? "auditEvent_actor" : "auditEvent_action";
    const isAction = action === null ? "true" : "e.action = :action";
    const sql = `select a.actor, (
        select e.at from auditEvent e indexed by ${index}
        where ${window.sql} and ${isAction} and e.actor = a.actor ${NEWEST.replace(":limit", "1")}) as newest
      from auditActor a where a.organizationId = :organizationId
        and (:actor is null or contains(a.actor, :actor))`;
    const values = { ...window.values, ...(action !== null && { action }) };
    const found = this.allNamed(sql, { ...values, actor })
      .filter((row) => row["newest"] !== null)
      .map((row) => ({ actor: value(row, "actor"), newest: value(row, "newest") }))
      .toSorted((one, other) => order(other.newest) - order(one.newest));
    const oldest = found[limit - 1]?.newest ?? Number.MIN_SAFE_INTEGER;
    return found
      .filter(({ newest }) => order(newest) >= order(oldest))
      .map((each) => ({
        index,
        sql: `${isAction} and e.actor = :actor and e.at >= :oldest`,
        values: { actor: each.actor, oldest, ...(action !== null && { action }) },
      }));
  }

  /** A target has few events, so the other filters may check each of them. */
  private targetBranches(organizationId: string, target: string, page: AuditPage): readonly Branch[] {
    const { sql, values } = wanted(page);
    return [
      { index: "auditEvent_target", sql: `${sql} and e.targetId = :target`, values: { ...values, target } },
      ...this.names(organizationId, target).map((name): Branch => {
        const isNamed = `${sql} and e.targetName = :name collate nocase`;
        return { index: "auditEvent_targetName", sql: isNamed, values: { ...values, name } };
      }),
    ];
  }

  /**
   * Names that begin with `target`. If there are too many, `target` itself and its rotated names.
   */
  private names(organizationId: string, target: string): readonly string[] {
    const all = this.namesBeginningWith(organizationId, target);
    if (all.length <= MAX_NAMES) {
      return all;
    }
    const dated = this.namesBeginningWith(organizationId, `${target} `);
    return [target, ...dated.filter((name) => /^ \d{6}$/.test(name.slice(target.length)))];
  }

  /** At most MAX_NAMES + 1. */
  private namesBeginningWith(organizationId: string, beginning: string): readonly string[] {
    const names: string[] = [];
    for (let comparison = ">="; names.length <= MAX_NAMES; comparison = ">") {
      const sql = `select e.targetName as value from auditEvent e indexed by auditEvent_targetName
        where e.organizationId = :organizationId and e.targetName collate nocase ${comparison} :previous
        order by e.targetName collate nocase limit 1`;
      const [row] = this.allNamed(sql, { organizationId, previous: names.at(-1) ?? beginning });
      const name = row?.["value"];
      if (typeof name !== "string" || !name.toLowerCase().startsWith(beginning.toLowerCase())) {
        break;
      }
      names.push(name);
    }
    return names;
  }
}

export class SqliteAuditWriter extends SqliteAuditReader implements AuditWriter {
  async insert(event: NewAuditEvent): Promise<void> {
    const sql = `insert into auditEvent (id, organizationId, at, actor, actorId, action, targetType, targetId, targetName,
      details, source) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const { id, organizationId, at, actor, actorId, action, source } = event;
    const { targetType, targetId, targetName, details } = event;
    const target = [targetType, targetId, targetName] as const;
    this.run(sql, id, organizationId, at, actor, actorId, action, ...target, details, source);
  }
}

function windowOf(organizationId: string, { from, to }: AuditPage, after: Place | undefined): Condition {
  const conditions: readonly (readonly [sql: string, values: Values])[] = [
    ["e.organizationId = :organizationId", { organizationId }],
    ...(from === null ? [] : [["e.at >= :from", { from }] as const]),
    ...(to === null ? [] : [["e.at < :to", { to }] as const]),
    ...(after === undefined
      ? []
      : [["e.at <= :at and (e.at < :at or e.sequence < :sequence)", { ...after }] as const]),
  ];
  return {
    sql: conditions.map(([sql]) => sql).join(" and "),
    values: Object.assign({}, ...conditions.map(([, values]) => values)),
  };
}

function wanted({ action, actor }: AuditPage): Condition {
  const sql = `(:wantedAction is null or e.action = :wantedAction)
    and (:wantedActor is null or contains(e.actor, :wantedActor))`;
  return { sql, values: { wantedAction: action, wantedActor: actor } };
}

function byPlace(one: Place, other: Place): number {
  return order(other.at) - order(one.at) || order(other.sequence) - order(one.sequence);
}

function placeIn(row: Row): Place {
  return { at: value(row, "at"), sequence: value(row, "sequence") };
}

function value(row: Row, column: string): SQLInputValue {
  const found = row[column];
  return typeof found === "bigint" || typeof found === "number" || typeof found === "string" ? found : null;
}

/** Other values sort behind all numbers, as in SQLite. */
function order(cell: SQLInputValue): number {
  return typeof cell === "bigint" || typeof cell === "number" ? Number(cell) : Number.MAX_VALUE;
}
