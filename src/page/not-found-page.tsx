import { Link } from "./ui/link.tsx";
import { PageHead } from "./ui/page-head.tsx";

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
