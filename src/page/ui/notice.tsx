import type { ComponentChildren } from "preact";

/** A message in a box; an error also interrupts a screen reader. */
export function Notice({
  kind,
  children,
}: {
  kind: "error" | "warning" | "info" | "good";
  children: ComponentChildren;
}) {
  return (
    <div class={`notice notice-${kind}`} role={kind === "error" ? "alert" : undefined}>
      {children}
    </div>
  );
}
