import { askExecutorNamed } from "../api/executors.ts";
import { usePolled } from "../state/polling.ts";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";

const INTERVAL_MS = 30_000;

/** Warns that a name is an executor's already: a second server under it would take its place. It may still be meant. */
export function NameTaken({ name }: { name: string }) {
  return <div role="status">{name === "" ? null : <Holder name={name} />}</div>;
}

function Holder({ name }: { name: string }) {
  const { data: holder } = usePolled(`holder of ${name}`, INTERVAL_MS, (signal) =>
    askExecutorNamed(name, signal),
  );
  if (holder === undefined || holder === null) {
    return null;
  }
  return (
    <Notice kind="warning">
      <p>
        <Link to={`/executors/${encodeURIComponent(holder.id)}`}>{name}</Link> is an executor already,{" "}
        {holder.status} on host {holder.hostName}. A second server under this name takes its place: give that
        one another name. For a new key of {name} itself, rotate the key that it has.
      </p>
    </Notice>
  );
}
