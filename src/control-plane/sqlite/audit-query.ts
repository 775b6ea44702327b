import type { SQLInputValue } from "node:sqlite";
import type { AuditPage } from "../store.ts";

/** More pairs of action and actor, or names that begin alike, than a search needs to look at. */
const MAX_BRANCHES = 500;

/** Rows of the page, of any index: after `before`, between the dates, at most `limit`. */
const WINDOW = `e.organizationId = :organizationId
  and (:before is null or (e.at, e.sequence) < (select at, sequence from auditEvent where id = :before))
  and e.at >= :from and e.at < :to`;
const NEWEST = "order by e.at desc, e.sequence desc limit :limit";

/**
 * The different pairs of action and actor, each found by one seek (a loose index scan): they are few however long the
 * log is, so that the text of an actor is searched in them and not in the events.
 */
const PAIRS = `with recursive pairs (action, actor) as (
    select * from (select action, actor from auditEvent where organizationId = :organizationId
      order by action, actor limit 1)
    union all
    select n.action, n.actor from pairs p join auditEvent n on n.sequence = (
      select sequence from auditEvent where organizationId = :organizationId and (action, actor) > (p.action, p.actor)
      order by action, actor limit 1)
    limit ${MAX_BRANCHES})`;

/** In the same way the names that begin with the target. */
const NAMES = `with recursive names (name) as (
    select * from (select targetName from auditEvent where organizationId = :organizationId
      and targetName collate nocase >= :target order by targetName collate nocase limit 1)
    union all
    select n.targetName from names p join auditEvent n on n.sequence = (
      select sequence from auditEvent where organizationId = :organizationId
      and targetName collate nocase > p.name order by targetName collate nocase limit 1)
    where substr(n.targetName, 1, length(:target)) = :target collate nocase
    limit ${MAX_BRANCHES})`;

const IS_WANTED = `(:action is null or e.action = :action) and (:actor is null or instr(lower(e.actor), lower(:actor)) > 0)`;

/** Newest first, and no filter reads more than a page from each branch of an index. */
export function auditQuery(
  organizationId: string,
  page: AuditPage,
): { readonly sql: string; readonly values: Readonly<Record<string, SQLInputValue>> } {
  const { before, limit, from, to, ...filters } = page;
  const values = {
    organizationId,
    before,
    limit,
    from: from ?? 0,
    to: to ?? Number.MAX_SAFE_INTEGER,
    ...filters,
  };
  return { sql: sqlFor(page), values: onlyNamed(sqlFor(page), values) };
}

function sqlFor({ action, actor, target }: AuditPage): string {
  if (target !== null) {
    return `${NAMES} select e.* from auditEvent e where e.sequence in (
        select sequence from auditEvent where organizationId = :organizationId and targetId = :target)
        and ${WINDOW} and ${IS_WANTED}
      union select e.* from names join auditEvent e on e.sequence in (
        select e.sequence from auditEvent e where e.targetName collate nocase = names.name
          and ${WINDOW} and ${IS_WANTED} ${NEWEST})
        where substr(names.name, 1, length(:target)) = :target collate nocase
      order by at desc, sequence desc limit :limit`;
  }
  if (action === null && actor === null) return `select e.* from auditEvent e where ${WINDOW} ${NEWEST}`;
  return `${PAIRS} select e.* from pairs p join auditEvent e on e.sequence in (
      select e.sequence from auditEvent e where e.action = p.action and e.actor = p.actor and ${WINDOW} ${NEWEST})
    where (:action is null or p.action = :action) and (:actor is null or instr(lower(p.actor), lower(:actor)) > 0)
    ${NEWEST}`;
}

/** SQLite refuses a value for a parameter that a statement does not have. */
function onlyNamed(sql: string, values: Record<string, SQLInputValue>): Record<string, SQLInputValue> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => sql.includes(`:${name}`)));
}
