import { useEffect, useState } from "preact/hooks";
import { askTargets, type Target } from "../api/keys/key-targets.ts";
import { usePolled } from "../state/polling.ts";
import { Field } from "../ui/form.tsx";

const SHOWN = 100;
const INTERVAL_MS = 30_000;

interface TargetFieldProps {
  readonly target: Target | undefined;
  readonly onChange: (target: Target | undefined) => void;
}

/** Which executor a key is for: a new one, or an existing one that then binds to it. */
export function TargetField({ target, onChange }: TargetFieldProps) {
  const [search, setSearch] = useState("");
  const { found, isLong } = useTargets(search);
  const options =
    target === undefined || found.some(({ id }) => id === target.id) ? found : [target, ...found];
  return (
    <>
      {isLong ? <SearchField search={search} onChange={setSearch} /> : null}
      <Field label="For" hint={targetHint(target)}>
        {(id, hintId) => (
          <select
            id={id}
            value={target?.id ?? ""}
            aria-describedby={hintId}
            onChange={(event) => onChange(options.find((each) => each.id === event.currentTarget.value))}
          >
            <option value="">New executor</option>
            {options.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}

function targetHint(target: Target | undefined): string {
  return target === undefined
    ? "An executor that has never connected."
    : `${target.name} binds to this key on its next successful sync with it.`;
}

/** The first executors that match, and whether there have been too many to show. */
function useTargets(search: string): { found: readonly Target[]; isLong: boolean } {
  const { data = [] } = usePolled(`targets ${search}`, INTERVAL_MS, askTargets(search, SHOWN + 1));
  const hasMore = data.length > SHOWN;
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    // Never back: the search field must not vanish while it is used.
    setLong((before) => before || hasMore);
  }, [hasMore]);
  return { found: data.slice(0, SHOWN), isLong };
}

function SearchField({ search, onChange }: { search: string; onChange: (search: string) => void }) {
  return (
    <Field label="Search for an executor">
      {(id) => (
        <input
          id={id}
          type="search"
          value={search}
          onInput={(event) => onChange(event.currentTarget.value.trim())}
        />
      )}
    </Field>
  );
}
