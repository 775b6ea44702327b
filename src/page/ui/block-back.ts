import { useEffect } from "preact/hooks";
import { usePageState } from "../state/page-state.ts";

/**
 * Makes the Back button do nothing while the component is rendered, and makes the browser ask
 * before the tab is closed or leaves the page. Back removes an entry that is added again at once.
 */
export function useBlockedBack(): void {
  const { navigation } = usePageState();
  useEffect(() => {
    const url = window.location.href;
    let wasPressed = false;
    const restore = () => {
      wasPressed = true;
      navigation.pushBlocker(url);
    };
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    navigation.pushBlocker(url);
    window.addEventListener("popstate", restore);
    window.addEventListener("beforeunload", ask);
    return () => {
      window.removeEventListener("popstate", restore);
      window.removeEventListener("beforeunload", ask);
      // After a Back, the browser skips the entry that was added without a click: one step back
      // would leave the page.
      if (wasPressed) {
        navigation.replace(url);
      } else {
        window.history.back();
      }
    };
  }, []);
}
