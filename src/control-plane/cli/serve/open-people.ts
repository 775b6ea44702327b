import { isLoopbackHost } from "../../../lib/loopback.ts";
import { printable } from "../../../lib/printable.ts";
import { withoutOwner } from "../../organizations/organizations.ts";
import { devPerson } from "../../people/dev-person.ts";
import type { ServerDeps } from "../../server.ts";
import type { Settings } from "../../settings/settings.ts";
import type { DatabaseAddress } from "../../store/address/database-address.ts";
import type { OpenedStore } from "../../store/open/open-store.ts";
import { ownSecret } from "./own-secret.ts";

interface OpenPeopleDeps extends Pick<ServerDeps, "logger" | "errors"> {
  readonly store: OpenedStore;
  /** As in PeopleDeps. */
  readonly setKeyCommand: string | undefined;
}

/** better-auth costs 0.2 s and 60 MB, so it is imported only if people sign in. */
export async function openPeople(
  { people: settings, database }: Settings,
  deps: OpenPeopleDeps,
): Promise<ServerDeps["people"]> {
  if (settings === undefined) {
    return undefined;
  }
  const { ensureFirstAdmin } = await import("../../people/first-admin.ts");
  const { createPeople } = await import("../../people/people.ts");
  const { store, logger, setKeyCommand } = deps;
  const { origin, firstAdmin, organizationName } = settings;
  if (origin.startsWith("http:") && !isLoopbackHost(new URL(origin).hostname)) {
    logger.warn(
      { event: "people.unencrypted", origin },
      "BETTER_AUTH_URL is http, so passwords and keys cross the network unencrypted. Put a TLS proxy in front, or set TLS_CERT and TLS_KEY",
    );
  }
  const secret = settings.secret ?? secretBeside(database);
  const admin = setKeyCommand === undefined ? firstAdmin : devPerson();
  if (admin !== undefined && (await ensureFirstAdmin(store, { admin, organizationName }, Date.now()))) {
    logger.info(
      { event: "people.first-admin", email: printable(admin.email) },
      `${printable(admin.email)} can sign in, as the first owner.${
        setKeyCommand === undefined ? " INITIAL_ADMIN_PASSWORD is no longer needed: remove it." : ""
      }`,
    );
  }
  for (const { slug } of await store.organizations.withoutOwner()) {
    logger.error({ event: "organization.no-owner", organization: slug }, withoutOwner(slug));
  }
  const authDatabase = store.betterAuthDatabase();
  return createPeople({ ...deps, authDatabase, origin, secret, organizationName, now: Date.now });
}

/** The settings refuse a PostgreSQL database without a secret: it has no place beside it. */
function secretBeside(database: DatabaseAddress): string {
  if (database.kind === "postgres") {
    throw new TypeError("BETTER_AUTH_SECRET is not set");
  }
  return ownSecret(database.path);
}
