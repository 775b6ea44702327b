import type { ComponentChildren, VNode } from "preact";
import { useMembership } from "../state/page-state.ts";
import { Link } from "../ui/link.tsx";
import { namedOnce, type Problem } from "./problems.ts";

/** How problems of one kind are shown. */
export interface ProblemKind {
  readonly title: string;
  readonly tone: "bad" | "warn";
  /** The status in the URL of the list with all of them. */
  readonly status: string;
  /** The link to the executor or key, whose page has the command or the button. */
  readonly action: string;
  /** Its words for a person who may only look; undefined: the same. */
  readonly look?: string;
}

type Lists<Kind extends string, Entry> = Readonly<Partial<Record<Kind, readonly Entry[] | undefined>>>;

interface ProblemGroupsProps<Kind extends string, Entry extends { readonly id: string }> {
  readonly problems: readonly Problem<Kind>[];
  readonly kinds: Readonly<Record<Kind, ProblemKind>>;
  readonly list: "/executors" | "/api-keys";
  /** The first entries of each kind. */
  readonly entries: Lists<Kind, Entry>;
  /** Those of them that may be named here. Left out: all. */
  readonly nameable?: Lists<Kind, Entry>;
  readonly line: (entry: Entry, kind: Kind, action: string) => VNode;
}

/** A group for each kind that names something which no group above it has named. */
export function ProblemGroups<Kind extends string, Entry extends { readonly id: string }>({
  problems,
  kinds,
  list,
  entries,
  nameable = entries,
  line,
}: ProblemGroupsProps<Kind, Entry>) {
  const canManage = useMembership()?.canManage === true;
  const named = namedOnce(
    problems.map(({ kind }) => kind),
    nameable,
  );
  return (
    <>
      {problems.map(({ kind, count }) => {
        const { title, tone, status, action, look = action } = kinds[kind];
        const shown = named.get(kind) ?? [];
        return shown.length === 0 && (entries[kind] ?? []).length === count ? null : (
          <ProblemGroup
            key={kind}
            title={title}
            tone={tone}
            to={`${list}?status=${status}`}
            count={count}
            shown={shown.length}
          >
            {shown.map((entry) => line(entry, kind, canManage ? action : look))}
          </ProblemGroup>
        );
      })}
    </>
  );
}

interface ProblemGroupProps {
  readonly title: string;
  readonly tone: "bad" | "warn";
  /** The list with all of them. */
  readonly to: string;
  readonly count: number;
  /** How many are named here. */
  readonly shown: number;
  readonly children: ComponentChildren;
}

/** Problems of one kind: the first by name, and the way to all. */
function ProblemGroup({ title, tone, to, count, shown, children }: ProblemGroupProps) {
  return (
    <section class={`problems ${tone}`}>
      <h2>{title}</h2>
      <ul>{children}</ul>
      {count > shown ? (
        <p class="more">
          <Link to={to}>
            {shown === 0 ? "Show" : "Show all"} {count.toLocaleString("en")}
            <span class="visually-hidden">: {title}</span>
          </Link>
        </p>
      ) : null}
    </section>
  );
}

interface ProblemLineProps {
  readonly name: ComponentChildren;
  readonly children: ComponentChildren;
  /** What to do about it. */
  readonly action: ComponentChildren;
}

export function ProblemLine({ name, children, action }: ProblemLineProps) {
  return (
    <li>
      <span class="who">{name}</span>
      <span class="what">{children}</span>
      <span class="action">{action}</span>
    </li>
  );
}
