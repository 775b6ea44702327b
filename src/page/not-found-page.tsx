import { Link } from "./ui/link.tsx";
import { PageHead } from "./ui/page-head.tsx";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Page not found" />
      <div class="empty">
        <p>The address may be wrong or out of date.</p>
        <p>
          <Link to="/">Go to the overview</Link>
        </p>
      </div>
    </>
  );
}
