import type { ComponentChildren } from "preact";
import { usePageState } from "../state/page-state.ts";

interface LinkProps {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: "page" | undefined;
}

/** A link within the page. It is a real link, so it also opens in a new tab. */
export function Link({ to, children, class: className, current }: LinkProps) {
  const { navigation } = usePageState();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    navigation.go(to);
  };
  return (
    <a href={to} class={className} aria-current={current} onClick={follow}>
      {children}
    </a>
  );
}
