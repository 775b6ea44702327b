import { useState } from "preact/hooks";
import { usePolled } from "../poll.ts";
import type { Reference } from "../server/decode.ts";
import { listExecutors } from "../server/executors.ts";

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
    if (answer.kind === "data" && answer.data.length > SHOWN) setLong(true);
    return answer;
  });
  const found = (data ?? []).slice(0, SHOWN);
  const options =
    target === undefined || found.some(({ id }) => id === target.id) ? found : [target, ...found];
  return (
    <>
      <label class="field">
        Target
        <select
          value={target?.id ?? ""}
          aria-describedby="target-hint"
          onChange={(event) => onChange(options.find(({ id }) => id === event.currentTarget.value))}
        >
          <option value="">New executor</option>
          {options.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <small id="target-hint">
          {target === undefined
            ? "For an executor that has not been connected yet."
            : `${target.name} binds to this key on its next successful sync with it.`}
        </small>
      </label>
      {isLong ? (
        <label class="field">
          Find an executor for the list above
          <input
            type="search"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value.trim())}
          />
        </label>
      ) : null}
    </>
  );
}
