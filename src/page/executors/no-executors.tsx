import { AskManagers } from "../members/ask-managers.tsx";
import { Link } from "../ui/link.tsx";

/** What a page says before the first executor, with the way to it, or to those who may go it. */
export function NoExecutors({ text, canManage }: { text: string; canManage: boolean }) {
  return (
    <div class="empty">
      <h2>No executors yet</h2>
      <p>{text}</p>
      {canManage ? (
        <p>
          <Link to="/connect" class="button primary">
            Connect an executor
          </Link>
        </p>
      ) : (
        <AskManagers deed="connect one" />
      )}
    </div>
  );
}
