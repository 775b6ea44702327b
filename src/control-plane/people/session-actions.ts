import type { IncomingMessage } from "node:http";
import * as z from "zod";
import { networkOf } from "../../lib/addresses/ip-address.ts";
import { isLoopbackAddress } from "../../lib/loopback.ts";
import { ApiError, ApiErrorCode, forbidden } from "../api-error.ts";
import { clientAddress } from "../http/client-address.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import type { Logger } from "../log/logger.ts";
import type { SignInDevice } from "../store/contract/sign-in-devices.ts";
import type { InvitedPeople } from "./members/invited-people.ts";
import { linkHash, type OneTimeLinks } from "./one-time-links.ts";
import type { AuthGateway } from "./sign-in/auth-gateway.ts";
import type * as inputs from "./sign-in/auth-inputs.ts";
import type { DeviceCookie } from "./sign-in/device-cookie.ts";
import type { Place } from "./sign-in/hashing-queue.ts";
import { inHashingQueue } from "./sign-in/password-hashing.ts";
import type { Passwords } from "./sign-in/passwords.ts";
import type { Limit, SignInLimit } from "./sign-in/sign-in-limit.ts";

interface SessionActionsDeps {
  readonly gateway: AuthGateway;
  readonly passwords: Passwords;
  readonly logger: Logger;
  readonly signIns: SignInLimit;
  readonly passwordChanges: SignInLimit;
  readonly acceptances: SignInLimit;
  readonly invitedPeople: InvitedPeople;
  readonly devices: DeviceCookie;
  readonly links: OneTimeLinks;
  readonly linkUses: SignInLimit;
}

/**
 * Begins and ends sessions. Each attempt with a password or an invitation link counts towards a
 * limit. Work that hashes a password waits for its turn in the hashing queue first, unless it is
 * blocked, and is counted then: outsiders cannot make the database count faster than passwords are
 * hashed.
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
    const limit =
      device === undefined ? signIns.of(email, networkOfClient(request)) : signIns.ofDevice(device.hash);
    return this.attemptInTurn(request, device, limit, async () =>
      this.onKeptDevice(request, await passwords.signIn(request, email, password)),
    );
  }

  signOut(request: IncomingMessage): Promise<HttpAnswer> {
    return this.deps.gateway.post(request, "/sign-out", {});
  }

  getSession(request: IncomingMessage): Promise<HttpAnswer> {
    return this.deps.gateway.get(request, "/get-session");
  }

  /** Also ends the person's sessions and devices: somebody else may be using them. */
  async changePassword(
    request: IncomingMessage,
    { currentPassword, newPassword }: z.output<typeof inputs.changePassword>,
  ): Promise<HttpAnswer> {
    const { gateway, passwords, devices, passwordChanges } = this.deps;
    const session = await gateway.session(request);
    const { person } = session;
    const device = await devices.deviceOf(request, person.email);
    const limit = passwordChanges.of(person.id, networkOfClient(request));
    return this.attemptInTurn(request, device, limit, async () =>
      this.onKeptDevice(request, await passwords.change(request, session, currentPassword, newPassword)),
    );
  }

  /** Creates the account of an invited person, then signs in to it. */
  acceptAsNew(
    request: IncomingMessage,
    acceptance: z.output<typeof inputs.acceptAsNew>,
  ): Promise<HttpAnswer> {
    const { passwords, invitedPeople, acceptances } = this.deps;
    const limit = acceptances.of(acceptance.invitationId, networkOfClient(request));
    return this.attempt(request, limit, async () => {
      await invitedPeople.requireOpen(acceptance.invitationId);
      const accept = async () => {
        const email = await invitedPeople.accept(acceptance);
        return passwords.signIn(request, email, acceptance.password);
      };
      return this.onKeptDevice(request, await inTurn(request, undefined, accept));
    });
  }

  /** Creates the first account by a one-time link, then signs in to it. */
  setUp(request: IncomingMessage, given: z.output<typeof inputs.setUp>): Promise<HttpAnswer> {
    const { links, linkUses, passwords } = this.deps;
    const limit = linkUses.of(linkHash(given.token), networkOfClient(request));
    return this.attempt(request, limit, async () => {
      await links.requireSetUp(given.token);
      const setUp = async () => {
        await links.setUp(given);
        return passwords.signIn(request, given.email, given.password);
      };
      return this.onKeptDevice(request, await inTurn(request, undefined, setUp));
    });
  }

  /** Signs in by a one-time link, which only a browser on this host may use. */
  async signInByLink(
    request: IncomingMessage,
    { token }: z.output<typeof inputs.signInByLink>,
  ): Promise<HttpAnswer> {
    const { gateway, links, linkUses } = this.deps;
    if (!isLoopbackAddress(clientAddress(request) ?? "")) {
      throw forbidden("operation_not_allowed", "a link signs in only from the control plane's own host");
    }
    const limit = linkUses.of(linkHash(token), networkOfClient(request));
    return this.attempt(request, limit, async () => gateway.begin(request, await links.useSignIn(token)));
  }

  /**
   * Runs `work` if the limit allows it. Only a refused password or link counts as a failure; a full
   * queue or a failing database does not.
   */
  private async attempt(
    request: IncomingMessage,
    limit: Limit,
    work: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    const attempt = await limit.begin();
    if (attempt.kind === "limited") {
      return this.limited(request, attempt.retryAfterSeconds);
    }
    try {
      const answer = await work();
      if (answer.status < 400) {
        await attempt.succeeded();
      } else if (answer.status < 500) {
        this.noteRefusal(request, answer.status);
      } else {
        await attempt.withdrawn();
      }
      return answer;
    } catch (error) {
      if (isRefusal(error)) {
        this.noteRefusal(request, 400);
      } else {
        await attempt.withdrawn();
      }
      throw error;
    }
  }

  /** As `attempt()`, in its turn of the hashing queue. One that is blocked is told so at once. */
  private async attemptInTurn(
    request: IncomingMessage,
    device: SignInDevice | undefined,
    limit: Limit,
    work: () => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    const blocked = await limit.blocked();
    return blocked === undefined
      ? inTurn(request, device, () => this.attempt(request, limit, work))
      : this.limited(request, blocked.retryAfterSeconds);
  }

  private limited(request: IncomingMessage, retryAfterSeconds: number): HttpAnswer {
    const address = clientAddress(request);
    this.deps.logger.debug(
      { event: "sign-in.limited", address, retryAfterSeconds },
      `An attempt to sign in from ${address ?? "an unknown address"} was not tried, because too many had failed.`,
    );
    const message = `too many failed attempts: try again in ${Math.ceil(retryAfterSeconds / 60)} minutes`;
    return {
      status: 429,
      headers: { "Retry-After": String(retryAfterSeconds) },
      body: { code: "TOO_MANY_REQUESTS", message },
    };
  }

  /** Does not log the account: people type passwords into the e-mail field by mistake. */
  private noteRefusal(request: IncomingMessage, status: number): void {
    const address = clientAddress(request);
    this.deps.logger.warn(
      { event: "sign-in.refused", address, status },
      `A password or a link from ${address ?? "an unknown address"} was refused (${status}).`,
    );
  }

  /** Adds the device cookie to an answer that signs somebody in. */
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
