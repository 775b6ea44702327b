import type { SQLInputValue } from "node:sqlite";
import type { AuditEvent, AuditPage } from "../store.ts";
import * as records from "./records.ts";
import { integer, text } from "./row.ts";
import { SqliteStatements } from "./statements.ts";

/** Beyond so many pairs of action and actor, matches are common: the events are gone through until a page is full. */
const MAX_PAIRS = 2000;
const MAX_NAMES = 200;
const NEWEST = "order by e.at desc, e.sequence desc limit :limit";

type Values = Readonly<Record<string, SQLInputValue>>;

/** A condition on events, with the values of its parameters. */
interface Condition {
  readonly sql: string;
  readonly values: Values;
}

/** One that an index answers in the list's order: from its end, no more than a page is read. */
interface Branch extends Condition {
  readonly index: "auditEvent_at" | "auditEvent_action" | "auditEvent_target" | "auditEvent_targetName";
}

/** An event's place in the list: by time, then by the order in which they were written. */
interface Place {
  readonly at: number;
  readonly sequence: number;
}

/**
 * The audit log, newest first. It grows for ever, so no filter may read all of it: what an actor or a name contains is
 * looked for in the different ones that there are, each found by one seek (a loose index scan), and of each of those a
 * page is read. The indexes are named, so that no statistics change what is read.
 */
export class SqliteAuditLog extends SqliteStatements {
  events(organizationId: string, page: AuditPage): readonly AuditEvent[] {
    const after = page.before === null ? undefined : this.placeOf(organizationId, page.before);
    if (page.before !== null && after === undefined) return [];
    const window = windowOf(organizationId, page, after);
    const places = this.branches(organizationId, page).flatMap((branch) =>
      this.newest(branch, window, page.limit),
    );
    const sequences = [...new Set(places.toSorted(byPlace).map(({ sequence }) => sequence))];
    const sql = `select e.* from json_each(?) wanted cross join auditEvent e on e.sequence = wanted.value`;
    return this.all(sql, JSON.stringify(sequences.slice(0, page.limit))).map(records.auditEvent);
  }

  private placeOf(organizationId: string, id: string): Place | undefined {
    const row = this.get(
      "select at, sequence from auditEvent where id = ? and organizationId = ?",
      id,
      organizationId,
    );
    return row === undefined ? undefined : { at: integer(row, "at"), sequence: integer(row, "sequence") };
  }

  private newest(branch: Branch, window: Condition, limit: number): Place[] {
    const sql = `select e.at, e.sequence from auditEvent e indexed by ${branch.index}
      where ${window.sql} and ${branch.sql} ${NEWEST}`;
    const rows = this.allNamed(sql, { ...window.values, ...branch.values, limit });
    return rows.map((row) => ({ at: integer(row, "at"), sequence: integer(row, "sequence") }));
  }

  private branches(organizationId: string, page: AuditPage): readonly Branch[] {
    if (page.target !== null) return this.targetBranches(organizationId, page.target, page);
    if (page.action === null && page.actor === null)
      return [{ index: "auditEvent_at", sql: "true", values: {} }];
    const pairs = this.pairs(organizationId, page);
    if (pairs === undefined) return [{ index: "auditEvent_at", ...wanted(page) }];
    return pairs.map(([action, actor]) => ({
      index: "auditEvent_action",
      sql: "e.action = :action and e.actor = :actor",
      values: { action, actor },
    }));
  }

  /** A target has few events of its own: the other filters look at each of them. */
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

  /** The pairs of action and actor that match; undefined where there are too many. */
  private pairs(
    organizationId: string,
    { action, actor }: AuditPage,
  ): (readonly [string, string])[] | undefined {
    const base = "auditEvent indexed by auditEvent_action where organizationId = ?";
    const actions =
      action === null
        ? this.different(`select min(action) as value from ${base} and action > ?`, organizationId)
        : [action];
    const pairs: (readonly [string, string])[] = [];
    for (const one of actions) {
      const next = `select min(actor) as value from ${base} and action = ? and actor > ?`;
      for (const found of this.different(next, organizationId, one)) {
        if (actor === null || found.toLowerCase().includes(actor.toLowerCase())) pairs.push([one, found]);
        if (pairs.length > MAX_PAIRS) return undefined;
      }
    }
    return pairs;
  }

  /** The names that begin with the target; where those are too many, the target and what rotations made of it. */
  private names(organizationId: string, target: string): readonly string[] {
    const all = this.namesBeginningWith(organizationId, target);
    if (all.length <= MAX_NAMES) return all;
    const dated = this.namesBeginningWith(organizationId, `${target} `);
    return [target, ...dated.filter((name) => /^ \d{6}$/.test(name.slice(target.length)))];
  }

  /** At most one more than MAX_NAMES. */
  private namesBeginningWith(organizationId: string, beginning: string): readonly string[] {
    const names: string[] = [];
    for (let comparison = ">="; names.length <= MAX_NAMES; comparison = ">") {
      const sql = `select e.targetName as value from auditEvent e indexed by auditEvent_targetName
        where e.organizationId = :organizationId and e.targetName collate nocase ${comparison} :previous
        order by e.targetName collate nocase limit 1`;
      const [row] = this.allNamed(sql, { organizationId, previous: names.at(-1) ?? beginning });
      const name = row === undefined ? undefined : text(row, "value");
      if (name === undefined || !name.toLowerCase().startsWith(beginning.toLowerCase())) break;
      names.push(name);
    }
    return names;
  }

  /** Every value that `sql` finds, each beyond the one before; its last parameter is that one. */
  private *different(sql: string, ...values: readonly string[]): Generator<string> {
    for (let previous = ""; ; ) {
      const row = this.get(sql, ...values, previous);
      if (row === undefined || row["value"] === null) return;
      previous = text(row, "value");
      yield previous;
    }
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
    and (:wantedActor is null or instr(lower(e.actor), lower(:wantedActor)) > 0)`;
  return { sql, values: { wantedAction: action, wantedActor: actor } };
}

function byPlace(one: Place, other: Place): number {
  return other.at - one.at || other.sequence - one.sequence;
}
