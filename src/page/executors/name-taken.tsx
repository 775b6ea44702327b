import { askExecutorNamed } from "../api/executors.ts";
import { usePolled } from "../state/polling.ts";
import { Link } from "../ui/link.tsx";
import { Notice } from "../ui/notice.tsx";

const INTERVAL_MS = 30_000;

/** Warns if an executor has the name already. The person may still mean it. */
export function NameTaken({ name }: { name: string }) {
  return <div role="status">{name === "" ? null : <NameHolder name={name} />}</div>;
}

function NameHolder({ name }: { name: string }) {
  const { data: holder } = usePolled(`holder of ${name}`, INTERVAL_MS, askExecutorNamed(name));
  if (holder === undefined || holder === null) {
    return null;
  }
  return (
    <Notice kind="warning">
      <p>
        There is already an executor <Link to={`/executors/${encodeURIComponent(holder.id)}`}>{name}</Link>,{" "}
        {holder.status} on host {holder.hostName}. A second host with this name would take its place: choose
        another name. To give {name} a new key, rotate its key instead.
      </p>
    </Notice>
  );
}
