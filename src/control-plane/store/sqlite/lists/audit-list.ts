import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { AuditEvent, AuditPage } from "../../contract/audit.ts";
import * as records from "../../rows/records.ts";
import type { Row } from "../../rows/row.ts";
import { SqliteStatements } from "../rows/statements.ts";
import { SqliteAuditNames } from "./audit-names.ts";

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

/** How many events are read for each entry of a page before the actors are asked. */
const NEAREST_PER_ENTRY = 4;

/** An event's place in the list, which is ordered by time, then by the order of writing. */
interface Place {
  readonly at: SQLInputValue;
  readonly sequence: SQLInputValue;
}

/** How a page is read. One that ends in front of an event is read from there, oldest first. */
interface Reading {
  readonly direction: "desc" | "asc";
  /** Compares an event that is read later with one that is read before it. */
  readonly later: "<" | ">";
  readonly window: Condition;
}

/**
 * The audit log as a list, newest first. It grows forever, so no filter may read all of it.
 *
 * Part of an actor's name is searched among the distinct actors, which have a table of their own.
 * If the events nearest to the page's beginning do not fill it, one seek finds each actor's first
 * event of the page, and more is read only of actors whose first event can be on the page.
 *
 * Statements name their index, so that statistics cannot change what is read.
 */
export class SqliteAuditList extends SqliteStatements {
  private readonly names: SqliteAuditNames;

  constructor(database: DatabaseSync) {
    super(database);
    this.names = new SqliteAuditNames(database);
  }

  page(organizationId: string, page: AuditPage): readonly AuditEvent[] {
    const reading = this.readingOf(organizationId, page);
    if (reading === undefined) {
      return [];
    }
    const places =
      this.amongNearest(page, reading) ??
      this.branches(organizationId, page, reading).flatMap((branch) =>
        this.first(branch, reading, page.limit),
      );
    const isNewestFirst = reading.direction === "desc";
    const ordered = places.toSorted((one, other) => (isNewestFirst ? -1 : 1) * compared(one, other));
    const sequences = [...new Set(ordered.map(({ sequence }) => sequence))].slice(0, page.limit);
    const shown = isNewestFirst ? sequences : sequences.reverse();
    const sql = `select e.* from json_each(?) wanted cross join auditEvent e on e.sequence = wanted.value`;
    return this.all(sql, `[${shown.join()}]`).map(records.auditEvent);
  }

  /** Undefined if the cursor is not an event of the organization. */
  private readingOf(organizationId: string, page: AuditPage): Reading | undefined {
    const at = page.before ?? page.after;
    const place = at === null ? undefined : this.placeOf(organizationId, at);
    if (at !== null && place === undefined) {
      return undefined;
    }
    const isBackward = page.before === null && page.after !== null;
    const later = isBackward ? ">" : "<";
    return {
      direction: isBackward ? "asc" : "desc",
      later,
      window: windowOf(organizationId, page, place, later),
    };
  }

  private placeOf(organizationId: string, id: string): Place | undefined {
    const row = this.get(
      "select at, sequence from auditEvent where id = ? and organizationId = ?",
      id,
      organizationId,
    );
    return row === undefined ? undefined : placeIn(row);
  }

  private first(branch: Branch, { direction, window }: Reading, limit: number): Place[] {
    const sql = `select e.at, e.sequence from auditEvent e indexed by ${branch.index}
      where ${window.sql} and ${branch.sql} ${ordered(direction)} limit :limit`;
    return this.allNamed(sql, { ...window.values, ...branch.values, limit }).map(placeIn);
  }

  /**
   * The page, if the events nearest to its beginning fill it: then nobody has to ask each of many
   * actors. Undefined if they do not.
   */
  private amongNearest(page: AuditPage, { direction, window }: Reading): Place[] | undefined {
    if (page.actor === null || page.target !== null) {
      return undefined;
    }
    const { sql, values } = wanted(page, "nearest");
    const places = this.allNamed(
      `select nearest.at, nearest.sequence from (
          select e.at, e.sequence, e.action, e.actor from auditEvent e indexed by auditEvent_at
          where ${window.sql} ${ordered(direction)} limit ${NEAREST_PER_ENTRY} * :limit) nearest
        where ${sql} ${ordered(direction, "nearest")} limit :limit`,
      { ...window.values, ...values, limit: page.limit },
    ).map(placeIn);
    return places.length < page.limit ? undefined : places;
  }

  private branches(organizationId: string, page: AuditPage, reading: Reading): readonly Branch[] {
    if (page.target !== null) {
      return this.targetBranches(organizationId, page.target, page);
    }
    if (page.action === null && page.actor === null) {
      return [{ index: "auditEvent_at", sql: "true", values: {} }];
    }
    return this.actorBranches(page, reading);
  }

  /**
   * One for each actor who may have an event on the page. If at least `limit` actors match, the
   * first events of `limit` of them fill the page, and the last of those bounds it.
   */
  private actorBranches(page: AuditPage, { direction, later, window }: Reading): readonly Branch[] {
    const { action, actor, limit } = page;
    const index = action === null ? "auditEvent_actor" : "auditEvent_action";
    const isAction = action === null ? "true" : "e.action = :action";
    const sql = `select a.actor, (
        select e.at from auditEvent e indexed by ${index}
        where ${window.sql} and ${isAction} and e.actor = a.actor ${ordered(direction)} limit 1) as first
      from auditActor a where a.organizationId = :organizationId
        and (:actor is null or contains(a.actor, :actor))`;
    const values = { ...window.values, ...(action !== null && { action }) };
    const firsts = this.allNamed(sql, { ...values, actor })
      .filter((row) => row["first"] !== null)
      .map((row) => ({ actor: value(row, "actor"), at: value(row, "first") }))
      .toSorted((one, other) => (later === "<" ? -1 : 1) * (order(one.at) - order(other.at)));
    const last = firsts[limit - 1]?.at;
    const isBound = last === undefined ? "true" : `e.at ${later === "<" ? ">=" : "<="} :last`;
    return firsts
      .filter(({ at }) => last === undefined || !isLater(at, last, later))
      .map((each) => ({
        index,
        sql: `${isAction} and e.actor = :actor and ${isBound}`,
        values: {
          actor: each.actor,
          ...(last !== undefined && { last }),
          ...(action !== null && { action }),
        },
      }));
  }

  /** A target has few events, so the other filters may check each of them. */
  private targetBranches(organizationId: string, target: string, page: AuditPage): readonly Branch[] {
    const { sql, values } = wanted(page);
    return [
      { index: "auditEvent_target", sql: `${sql} and e.targetId = :target`, values: { ...values, target } },
      ...this.names.find(organizationId, target).map((name): Branch => {
        const isNamed = `${sql} and e.targetName = :name collate nocase`;
        return { index: "auditEvent_targetName", sql: isNamed, values: { ...values, name } };
      }),
    ];
  }
}

function ordered(direction: Reading["direction"], table = "e"): string {
  return `order by ${table}.at ${direction}, ${table}.sequence ${direction}`;
}

function windowOf(
  organizationId: string,
  { from, to }: AuditPage,
  place: Place | undefined,
  later: Reading["later"],
): Condition {
  const conditions: readonly (readonly [sql: string, values: Values])[] = [
    ["e.organizationId = :organizationId", { organizationId }],
    ...(from === null ? [] : [["e.at >= :from", { from }] as const]),
    ...(to === null ? [] : [["e.at < :to", { to }] as const]),
    ...(place === undefined
      ? []
      : [
          [
            `e.at ${later}= :at and (e.at ${later} :at or e.sequence ${later} :sequence)`,
            { ...place },
          ] as const,
        ]),
  ];
  return {
    sql: conditions.map(([sql]) => sql).join(" and "),
    values: Object.assign({}, ...conditions.map(([, values]) => values)),
  };
}

function wanted({ action, actor }: AuditPage, table = "e"): Condition {
  const sql = `(:wantedAction is null or ${table}.action = :wantedAction)
    and (:wantedActor is null or contains(${table}.actor, :wantedActor))`;
  return { sql, values: { wantedAction: action, wantedActor: actor } };
}

/** Negative: `one` is older. */
function compared(one: Place, other: Place): number {
  return order(one.at) - order(other.at) || order(one.sequence) - order(other.sequence);
}

function isLater(at: SQLInputValue, than: SQLInputValue, later: Reading["later"]): boolean {
  return later === "<" ? order(at) < order(than) : order(at) > order(than);
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
