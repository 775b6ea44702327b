import { useState } from "preact/hooks";
import type { Reference } from "../api/decode.ts";
import { listExecutors } from "../api/executors.ts";
import { usePolled } from "../state/polling.ts";
import { Field } from "../ui/form.tsx";

const SHOWN = 100;
const INTERVAL_MS = 30_000;

/** For whom a key is: an executor that has never been here, or one that has, which the key then binds to. */
export function TargetField({
  target,
  onChange,
}: {
  target: Reference | undefined;
  onChange: (target: Reference | undefined) => void;
}) {
  const [search, setSearch] = useState("");
  const [isLong, setLong] = useState(false);
  const { data } = usePolled(`targets ${search}`, INTERVAL_MS, async (signal) => {
    const answer = await listExecutors({ limit: SHOWN + 1, before: null, search: search || null }, signal);
    if (answer.kind === "data" && answer.data.length > SHOWN) {
      setLong(true);
    }
    return answer;
  });
  const found = (data ?? []).slice(0, SHOWN);
  const options =
    target === undefined || found.some(({ id }) => id === target.id) ? found : [target, ...found];
  return (
    <>
      <Field
        label="Target"
        hint={
          target === undefined
            ? "For an executor that has not been connected yet."
            : `${target.name} binds to this key on its next successful sync with it.`
        }
      >
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
      {isLong ? (
        <Field label="Find an executor for the list above">
          {(id) => (
            <input
              id={id}
              type="search"
              value={search}
              onInput={(event) => setSearch(event.currentTarget.value.trim())}
            />
          )}
        </Field>
      ) : null}
    </>
  );
}
