import { createStore } from "../state/store.ts";

/**
 * Id of the organization that the page shows; undefined while it shows none. It goes with every
 * request.
 */
export const shownOrganization = createStore<string | undefined>(undefined);
