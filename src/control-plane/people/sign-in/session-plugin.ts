import { createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import * as z from "zod";

/**
 * Lets better-auth begin a session without a password. No request reaches this endpoint: it has no
 * route, and better-auth calls it by its function alone.
 */
export const sessionPlugin = {
  id: "novacula-session",
  endpoints: {
    beginSession: createAuthEndpoint(
      "/novacula/begin-session",
      { method: "POST", body: z.strictObject({ personId: z.string() }), metadata: { SERVER_ONLY: true } },
      async (endpoint) => {
        const { internalAdapter } = endpoint.context;
        const user = await internalAdapter.findUserById(endpoint.body.personId);
        if (user === null) {
          return endpoint.json(null);
        }
        const session = await internalAdapter.createSession(user.id);
        await setSessionCookie(endpoint, { session, user });
        return endpoint.json({ user: { id: user.id, name: user.name, email: user.email } });
      },
    ),
  },
} as const;
