import type { ListedKey } from "../../api/lists/key-list.ts";
import { Link } from "../../ui/link.tsx";

const SHOWN = 2;

/** Who uses the key now, who did before, and who is waited for. */
export function KeyUsers({ apiKey }: { apiKey: ListedKey }) {
  const { usedNow, usedNowCount, usedBefore, usedBeforeCount, target, status } = apiKey;
  const isAwaited =
    target !== null &&
    (status === "active" || target.isDeleted) &&
    ![...usedNow, ...usedBefore].some(({ executor }) => executor.id === target.id);
  return (
    <div class="key-users">
      {usedNowCount > 0 ? <Executors uses={usedNow} count={usedNowCount} /> : null}
      {usedBeforeCount > 0 ? (
        <div class="under">
          before: <Executors uses={usedBefore} count={usedBeforeCount} />
        </div>
      ) : null}
      {isAwaited ? <span class="muted">{awaited(target)}</span> : null}
      {usedNowCount + usedBeforeCount === 0 && !isAwaited ? <Nobody apiKey={apiKey} /> : null}
    </div>
  );
}

function Executors({ uses, count }: { uses: ListedKey["usedNow"]; count: number }) {
  const shown = uses.slice(0, SHOWN);
  const more = count - shown.length;
  const others = uses.slice(SHOWN).map(({ executor }) => executor.name);
  return (
    <ul class="used-by">
      {shown.map(({ executor: { id, name, isDeleted } }) => (
        <li key={id}>
          {isDeleted ? (
            <span class="muted">{name}, deleted</span>
          ) : (
            <Link to={`/executors/${encodeURIComponent(id)}`}>{name}</Link>
          )}
        </li>
      ))}
      {more > 0 ? <li title={others.join(", ")}>+{more}</li> : null}
    </ul>
  );
}

/** A rotated key has executors that wait for it, though it was made for none. */
function Nobody({ apiKey: { rotatedFrom, status } }: { apiKey: ListedKey }) {
  if (rotatedFrom !== null && status === "active") {
    return (
      <span class="muted">
        not used yet <span class="under">replaces {rotatedFrom.name}</span>
      </span>
    );
  }
  return <span class="muted">{status === "active" ? "no executor yet" : "no executor"}</span>;
}

function awaited({ name, isDeleted }: NonNullable<ListedKey["target"]>): string {
  return isDeleted ? `refused: its target ${name} was deleted` : `waiting for ${name}`;
}
