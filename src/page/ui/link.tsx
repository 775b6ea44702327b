import type { ComponentChildren } from "preact";
import { navigate } from "../state/navigation.ts";

interface LinkProps {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: "page" | undefined;
}

/** A link within the page: a real one, so that it opens in a new tab too. */
export function Link({ to, children, class: className, current }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={to} class={className} aria-current={current} onClick={follow}>
      {children}
    </a>
  );
}
