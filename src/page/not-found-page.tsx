import { Link } from "./ui/link.tsx";
import { PageHead } from "./ui/page-head.tsx";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Page not found" />
      <p>
        The address may be wrong or out of date. Go to the <Link to="/">overview</Link>.
      </p>
    </>
  );
}
