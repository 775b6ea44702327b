import type { AuditEvent, AuditPage } from "../../contract/audit.ts";
import * as records from "../../rows/records.ts";
import { text } from "../../rows/row.ts";
import { PostgresStatements } from "../connection/statements.ts";
import type { Values } from "./list-page.ts";

const MAX_NAMES = 200;
const NAME = `fold(e."targetName")`;

/**
 * The distinct names, in lower case, that begin with `:target`: one seek of an index for each (a
 * loose index scan).
 */
const NAMES = `
  with recursive names (name) as (
    (select ${NAME} from "auditEvent" e where e."organizationId" = :organizationId
      and ${NAME} >= :target order by ${NAME} limit 1)
    union all
    select (select ${NAME} from "auditEvent" e where e."organizationId" = :organizationId
      and ${NAME} > names.name order by ${NAME} limit 1)
    from names where starts_with(names.name, :target))
  select name from names where starts_with(name, :target) limit ${MAX_NAMES + 1}`;

/** How a page is read. One that ends in front of an event is read from there, oldest first. */
interface Reading {
  readonly direction: "desc" | "asc";
  /** The conditions of time and cursor. */
  readonly window: string;
  readonly values: Values;
}

/**
 * The audit log as a list, newest first. It grows forever, so no filter may read all of it.
 *
 * Part of an actor's name is searched among the distinct actors, which have a table of their own.
 * One seek finds each actor's first event of the page. More is read only of actors whose first
 * event can be on the page.
 */
export class PostgresAuditList extends PostgresStatements {
  async page(organizationId: string, page: AuditPage): Promise<readonly AuditEvent[]> {
    const reading = readingOf(organizationId, page);
    const actors =
      page.actor === null && page.action === null ? undefined : await this.actors(organizationId, page.actor);
    const { target, action } = page;
    const sql =
      target === null
        ? actors === undefined
          ? allEvents(reading)
          : eventsOfActors(reading, action)
        : eventsOfTarget(reading, action, page.actor);
    const names = target === null ? null : await this.names(organizationId, target);
    const values = { ...reading.values, actors: actors ?? null, action, target, names, limit: page.limit };
    const rows = await this.allNamed(sql, values);
    const events = rows.map(records.auditEvent);
    return reading.direction === "desc" ? events : events.reverse();
  }

  /** Those that contain `part` in any case, also of letters that the server's locale lacks. */
  private async actors(organizationId: string, part: string | null): Promise<readonly string[]> {
    const rows = await this.all(`select actor from "auditActor" where "organizationId" = $1`, organizationId);
    const actors = rows.map((row) => text(row, "actor"));
    const wanted = part?.toLowerCase();
    return wanted === undefined ? actors : actors.filter((actor) => actor.toLowerCase().includes(wanted));
  }

  /**
   * Names that begin with `target`. If there are too many, `target` itself and its rotated names.
   */
  private async names(organizationId: string, target: string): Promise<readonly string[]> {
    const beginning = target.toLowerCase();
    const all = await this.namesBeginningWith(organizationId, beginning);
    if (all.length <= MAX_NAMES) {
      return all;
    }
    const dated = await this.namesBeginningWith(organizationId, `${beginning} `);
    return [beginning, ...dated.filter((name) => /^ \d{6}$/.test(name.slice(beginning.length)))];
  }

  /** At most MAX_NAMES + 1. */
  private async namesBeginningWith(organizationId: string, target: string): Promise<readonly string[]> {
    const rows = await this.allNamed(NAMES, { organizationId, target });
    return rows.map((row) => text(row, "name"));
  }
}

function readingOf(organizationId: string, { before, after, from, to }: AuditPage): Reading {
  const isBackward = before === null && after !== null;
  const at = before ?? after;
  const conditions = [
    `e."organizationId" = :organizationId`,
    ...(from === null ? [] : ["e.at >= :from::bigint"]),
    ...(to === null ? [] : ["e.at < :to::bigint"]),
    // If the cursor is no event of the organization, the comparison is with null: nothing matches.
    ...(at === null
      ? []
      : [
          `(e.at, e.sequence) ${isBackward ? ">" : "<"} (
            select c.at, c.sequence from "auditEvent" c where c.id = :cursor and c."organizationId" = :organizationId)`,
        ]),
  ];
  return {
    direction: isBackward ? "asc" : "desc",
    window: conditions.join(" and "),
    values: { organizationId, from, to, cursor: at },
  };
}

function ordered(alias: string, { direction }: Reading): string {
  return `order by ${alias}.at ${direction}, ${alias}.sequence ${direction} limit :limit`;
}

function allEvents(reading: Reading): string {
  return `select e.* from "auditEvent" e where ${reading.window} ${ordered("e", reading)}`;
}

/**
 * If at least `:limit` actors match, the first events of as many of them fill the page, and no
 * other actor is on it.
 */
function eventsOfActors(reading: Reading, action: string | null): string {
  const isWanted = `${reading.window} and e.actor = a.actor ${action === null ? "" : "and e.action = :action"}`;
  const { direction } = reading;
  return `with first as materialized (
      select a.actor from unnest(:actors::text[]) as a (actor) cross join lateral (
        select e.at, e.sequence from "auditEvent" e where ${isWanted}
        order by e.at ${direction}, e.sequence ${direction} limit 1) f
      ${ordered("f", reading)})
    select e.* from first a cross join lateral (
      select e.* from "auditEvent" e where ${isWanted} ${ordered("e", reading)}) e
    ${ordered("e", reading)}`;
}

/** A target has few events, so the other filters may check each of them. */
function eventsOfTarget(reading: Reading, action: string | null, actor: string | null): string {
  const filters = [
    ...(action === null ? [] : ["and e.action = :action"]),
    ...(actor === null ? [] : ["and e.actor = any (:actors::text[])"]),
  ].join(" ");
  return `with found as materialized (
      select e.* from "auditEvent" e where e."organizationId" = :organizationId and e."targetId" = :target
      union
      select e.* from "auditEvent" e where e."organizationId" = :organizationId and ${NAME} = any (:names::text[]))
    select e.* from found e where ${reading.window} ${filters} ${ordered("e", reading)}`;
}
