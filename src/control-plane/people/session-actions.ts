import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import * as z from "zod";
import { ApiError, ApiErrorCode } from "../api-error.ts";
import { clientAddress } from "../http/client-address.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import { networkOf } from "../http/ip-address.ts";
import type { SignInDevice } from "../store/contract/sign-in-devices.ts";
import type { InvitedPeople } from "./members/invited-people.ts";
import type { AuthGateway } from "./sign-in/auth-gateway.ts";
import type * as inputs from "./sign-in/auth-inputs.ts";
import type { DeviceCookie } from "./sign-in/device-cookie.ts";
import type { Place } from "./sign-in/hashing-queue.ts";
import { inHashingQueue } from "./sign-in/password-hashing.ts";
import type { Passwords } from "./sign-in/passwords.ts";
import type { Attempt, SignInLimit } from "./sign-in/sign-in-limit.ts";

export interface SessionActionsDeps {
  readonly gateway: AuthGateway;
  readonly passwords: Passwords;
  readonly logger: Logger;
  readonly signIns: SignInLimit;
  readonly passwordChanges: SignInLimit;
  readonly acceptances: SignInLimit;
  readonly invitedPeople: InvitedPeople;
  readonly devices: DeviceCookie;
}

/**
 * What begins and ends sessions. What tries a password or a link passes the limit, and only once it
 * is well-formed; what needs a hash has a place in the queue before better-auth hears of it.
 */
export class SessionActions {
  private readonly deps: SessionActionsDeps;

  constructor(deps: SessionActionsDeps) {
    this.deps = deps;
  }

  async signIn(
    request: IncomingMessage,
    { email, password }: z.output<typeof inputs.signIn>,
  ): Promise<HttpAnswer> {
    const { passwords, devices, signIns } = this.deps;
    const device = await devices.deviceOf(request, email);
    const attempt =
      device === undefined
        ? signIns.begin(email, networkOfClient(request))
        : signIns.beginOnDevice(device.hash);
    return this.attempt(request, attempt, async () => {
      const signIn = () => passwords.signIn(request, email, password);
      return this.onKeptDevice(request, await inTurn(request, device, signIn));
    });
  }

  signOut(request: IncomingMessage): Promise<HttpAnswer> {
    return this.deps.gateway.post(request, "/sign-out", {});
  }

  getSession(request: IncomingMessage): Promise<HttpAnswer> {
    return this.deps.gateway.get(request, "/get-session");
  }

  /** Ends all of the person's sessions and devices: some of them may be somebody else's. */
  async changePassword(
    request: IncomingMessage,
    { currentPassword, newPassword }: z.output<typeof inputs.changePassword>,
  ): Promise<HttpAnswer> {
    const { gateway, passwords, devices, passwordChanges } = this.deps;
    const { person } = await gateway.session(request);
    const device = await devices.deviceOf(request, person.email);
    const attempt = passwordChanges.begin(person.id, networkOfClient(request));
    return this.attempt(request, attempt, async () => {
      const change = () => passwords.change(request, person, currentPassword, newPassword);
      return this.onKeptDevice(request, await inTurn(request, device, change));
    });
  }

  /** Makes the account, then signs in with it as anybody does. */
  acceptAsNew(
    request: IncomingMessage,
    acceptance: z.output<typeof inputs.acceptAsNew>,
  ): Promise<HttpAnswer> {
    const { passwords, invitedPeople, acceptances } = this.deps;
    const attempt = acceptances.begin(acceptance.invitationId, networkOfClient(request));
    return this.attempt(request, attempt, async () => {
      await invitedPeople.requireOpen(acceptance.invitationId);
      const accept = async () => {
        const email = await invitedPeople.accept(acceptance);
        return passwords.signIn(request, email, acceptance.password);
      };
      return this.onKeptDevice(request, await inTurn(request, undefined, accept));
    });
  }

  /**
   * Only what was judged and refused counts: neither a full queue nor a database that fails is a
   * wrong password.
   */
  private async attempt(
    request: IncomingMessage,
    attempt: Attempt,
    work: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    if (attempt.kind === "limited") {
      return this.limited(request, attempt.retryAfterSeconds);
    }
    try {
      const answer = await work();
      if (answer.status < 400) {
        attempt.succeeded();
      } else if (answer.status < 500) {
        this.noteRefusal(request, answer.status);
      } else {
        attempt.withdrawn();
      }
      return answer;
    } catch (error) {
      if (isRefusal(error)) {
        this.noteRefusal(request, 400);
      } else {
        attempt.withdrawn();
      }
      throw error;
    }
  }

  private limited(request: IncomingMessage, retryAfterSeconds: number): HttpAnswer {
    const address = clientAddress(request);
    const fields = { event: "sign-in.limited", address, retryAfterSeconds };
    this.deps.logger.debug(fields, "too many attempts: not tried");
    const message = `too many attempts: try again in ${Math.ceil(retryAfterSeconds / 60)} minutes`;
    return {
      status: 429,
      headers: { "Retry-After": String(retryAfterSeconds) },
      body: { code: "TOO_MANY_REQUESTS", message },
    };
  }

  /** Not who: people type passwords into the field above. */
  private noteRefusal(request: IncomingMessage, status: number): void {
    const address = clientAddress(request);
    this.deps.logger.warn({ event: "sign-in.refused", address, status }, "a password or link was refused");
  }

  /** With the cookie of the device, where the answer is that somebody is signed in. */
  private async onKeptDevice(request: IncomingMessage, answer: HttpAnswer): Promise<HttpAnswer> {
    const signedIn = signedInAnswer.safeParse(answer.body);
    if (answer.status >= 400 || !signedIn.success) {
      return answer;
    }
    const cookie = await this.deps.devices.keep(request, signedIn.data.user.id);
    if (cookie === undefined) {
      return answer;
    }
    const cookies = [answer.headers?.["Set-Cookie"] ?? [], cookie].flat();
    return { ...answer, headers: { ...answer.headers, "Set-Cookie": cookies } };
  }
}

const signedInAnswer = z.object({ user: z.object({ id: z.string() }) });

function networkOfClient(request: IncomingMessage): string {
  return networkOf(clientAddress(request) ?? "");
}

function inTurn(
  request: IncomingMessage,
  device: SignInDevice | undefined,
  work: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  const place: Place =
    device === undefined
      ? { kind: "network", network: networkOfClient(request) }
      : { kind: "device", id: device.hash };
  return inHashingQueue(place, work, () => request.socket.destroyed);
}

function isRefusal(error: unknown): boolean {
  const { unavailable, overloaded, internal } = ApiErrorCode;
  const faults: readonly string[] = [unavailable, overloaded, internal];
  return error instanceof ApiError && !faults.includes(error.code);
}
