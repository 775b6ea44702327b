import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type {
  SignInDevice,
  SignInDeviceReader,
  SignInDeviceWriter,
} from "../../store/contract/sign-in-devices.ts";
import { StoreUnavailable, type Transactions } from "../../store/contract/store.ts";
import { type CookieNames, isHttps, ownCookies } from "./cookies.ts";

const SECRET_BYTES = 32;
const VALID_SECONDS = 180 * 86_400;
/** For each person. */
const MAX_DEVICES = 10;

type DeviceStore = Transactions<{ readonly devices: SignInDeviceWriter }> & {
  readonly devices: SignInDeviceReader;
};

export interface DeviceCookieDeps {
  readonly store: DeviceStore;
  readonly names: CookieNames;
  readonly origin: string;
  /** The wall clock, epoch ms. */
  readonly now: () => number;
}

/**
 * A browser keeps a device cookie after its first sign-in to an account. If strangers guess
 * passwords until the account is blocked, the owner can still sign in from such a browser. The
 * cookie does not replace the password.
 */
export class DeviceCookie {
  private readonly deps: DeviceCookieDeps;

  constructor(deps: DeviceCookieDeps) {
    this.deps = deps;
  }

  /** The request's device if it belongs to the account `email` (any case), otherwise undefined. */
  async deviceOf(request: IncomingMessage, email: string): Promise<SignInDevice | undefined> {
    const device = await this.deviceIn(this.secretIn(request));
    return device?.email === email.toLowerCase() ? device : undefined;
  }

  /**
   * Makes this browser a device of the person for 180 days. Resolves to the Set-Cookie header, or
   * to undefined if the database refuses writes: the sign-in succeeds without a device.
   */
  async keep(request: IncomingMessage, personId: string): Promise<string | undefined> {
    const sent = this.secretIn(request);
    const device = await this.deviceIn(sent);
    const isTheirs = sent !== undefined && device?.personId === personId;
    const secret = isTheirs ? sent : randomBytes(SECRET_BYTES).toString("base64url");
    const kept = { hash: hashOf(secret), personId, lastUsedAt: this.deps.now() };
    try {
      await this.deps.store.transaction(({ devices }) => devices.keep(kept, MAX_DEVICES));
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        return undefined;
      }
      throw error;
    }
    return this.setCookie(secret);
  }

  private secretIn({ headers }: IncomingMessage): string | undefined {
    return ownCookies(headers, this.deps.names).device;
  }

  private async deviceIn(secret: string | undefined): Promise<SignInDevice | undefined> {
    if (secret === undefined) {
      return undefined;
    }
    const device = await this.deps.store.devices.find(hashOf(secret));
    const endsAt = (device?.lastUsedAt ?? 0) + VALID_SECONDS * 1000;
    return endsAt > this.deps.now() ? device : undefined;
  }

  private setCookie(secret: string): string {
    const { names, origin } = this.deps;
    const secure = isHttps(origin) ? "; Secure" : "";
    return `${names.device}=${secret}; Max-Age=${VALID_SECONDS}; Path=/; HttpOnly${secure}; SameSite=Lax`;
  }
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
