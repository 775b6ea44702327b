import { useEffect } from "preact/hooks";
import { pushHeld, replacePlace } from "../state/navigation.ts";

/**
 * Keeps Back from doing anything, for as long as the component is there: the history gets an entry that Back may take
 * away, and gets it again. Closing the tab or going to another site is asked about first.
 */
export function useBlockedBack(): void {
  useEffect(() => {
    const url = window.location.href;
    let wasTaken = false;
    const hold = () => {
      wasTaken = true;
      pushHeld(url);
    };
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    pushHeld(url);
    window.addEventListener("popstate", hold);
    window.addEventListener("beforeunload", ask);
    return () => {
      window.removeEventListener("popstate", hold);
      window.removeEventListener("beforeunload", ask);
      // Browsers skip entries that a page adds without being touched: after a Back, one step may be too far.
      if (wasTaken) {
        replacePlace(url);
      } else {
        window.history.back();
      }
    };
  }, []);
}
