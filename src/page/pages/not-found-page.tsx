import { Link } from "../parts/link.tsx";
import { PageHead } from "../parts/page-head.tsx";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        Go to the <Link to="/api-keys">API keys</Link>.
      </p>
    </>
  );
}
