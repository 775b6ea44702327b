import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type * as z from "zod";
import { clientAddress } from "../client-address.ts";
import type { HttpAnswer } from "../http-answer.ts";
import { networkOf } from "../ip-address.ts";
import type { AuthGateway } from "./auth-gateway.ts";
import type * as inputs from "./auth-inputs.ts";
import type { InvitedPeople } from "./invited-people.ts";
import type { SignInLimit } from "./sign-in-limit.ts";

export interface SessionActionsDeps {
  readonly gateway: AuthGateway;
  readonly logger: Logger;
  readonly limit: SignInLimit;
  readonly invitedPeople: InvitedPeople;
}

/** What begins and ends sessions. What tries a password or a link passes the limit, and only once it is well-formed. */
export class SessionActions {
  private readonly deps: SessionActionsDeps;

  constructor(deps: SessionActionsDeps) {
    this.deps = deps;
  }

  signIn(request: IncomingMessage, { email, password }: z.output<typeof inputs.signIn>): Promise<HttpAnswer> {
    return this.limited(request, email, () =>
      this.deps.gateway.post(request, "/sign-in/email", { email, password }),
    );
  }

  signOut(request: IncomingMessage): Promise<HttpAnswer> {
    return this.deps.gateway.post(request, "/sign-out", {});
  }

  getSession(request: IncomingMessage): Promise<HttpAnswer> {
    return this.deps.gateway.get(request, "/get-session");
  }

  /** Whoever has a session of this person that is not theirs loses it. */
  changePassword(
    request: IncomingMessage,
    { currentPassword, newPassword }: z.output<typeof inputs.changePassword>,
  ): Promise<HttpAnswer> {
    const body = { currentPassword, newPassword, revokeOtherSessions: true };
    return this.limited(request, `change-password ${request.headers.cookie ?? ""}`, () =>
      this.deps.gateway.post(request, "/change-password", body),
    );
  }

  /** Makes the account, then signs in with it as anybody does. */
  acceptAsNew(
    request: IncomingMessage,
    acceptance: z.output<typeof inputs.acceptAsNew>,
  ): Promise<HttpAnswer> {
    return this.limited(request, "invitation", async () => {
      const email = await this.deps.invitedPeople.accept(acceptance);
      return this.deps.gateway.post(request, "/sign-in/email", { email, password: acceptance.password });
    });
  }

  private async limited(
    request: IncomingMessage,
    account: string,
    work: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    const address = clientAddress(request) ?? "";
    const { limit, logger } = this.deps;
    const attempt = limit.begin(account, networkOf(address));
    if (attempt.kind === "limited") {
      const { retryAfterSeconds } = attempt;
      logger.debug({ event: "sign-in.limited", address, retryAfterSeconds }, "too many attempts: not tried");
      const message = `too many attempts: try again in ${Math.ceil(retryAfterSeconds / 60)} minutes`;
      return {
        status: 429,
        headers: { "Retry-After": String(retryAfterSeconds) },
        body: { code: "TOO_MANY_REQUESTS", message },
      };
    }
    const answer = await work();
    if (answer.status < 400) attempt.succeeded();
    // The limit bounds these lines, too. Not who: people type passwords into the field above.
    else
      logger.warn(
        { event: "sign-in.refused", address, status: answer.status },
        "a password or link was refused",
      );
    return answer;
  }
}
