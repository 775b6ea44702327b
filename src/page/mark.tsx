/** The mark of the product, as in favicon.svg. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <path d="M17 16h10M23 16v5" />
      <circle cx="12" cy="16" r="5" />
    </svg>
  );
}
