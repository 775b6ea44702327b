import { createHash, randomBytes } from "node:crypto";
import type * as z from "zod";
import { inPlace } from "../../lib/shell-word.ts";
import { type ApiError, conflict, forbidden, notFound } from "../api-error.ts";
import type { OneTimeLinkReader, OneTimeLinkWriter } from "../store/contract/one-time-links.ts";
import type { AccountReader } from "../store/contract/people.ts";
import type { Transactions } from "../store/contract/store.ts";
import { DEV_EMAIL } from "./dev-person.ts";
import { createFirstPerson, type FirstAdminTransaction } from "./first-admin.ts";
import type * as inputs from "./sign-in/auth-inputs.ts";
import { hashPassword } from "./sign-in/password-hashing.ts";

const SECRET_BYTES = 32;
const VALID_MS = 15 * 60_000;

interface LinkTransaction extends FirstAdminTransaction {
  readonly links: OneTimeLinkWriter;
}

export interface OneTimeLinksDeps {
  readonly store: Transactions<LinkTransaction> & {
    readonly links: OneTimeLinkReader;
    readonly people: AccountReader;
  };
  /** Links begin with it, whatever a request says. */
  readonly origin: string;
  /** The name of the organization that is created with the first account if there is none. */
  readonly organizationName: string;
  /** Whether a link may sign somebody in: only in `serve --dev`. */
  readonly allowsSignIn: boolean;
  /** The wall clock, epoch ms. */
  readonly now: () => number;
}

export interface IssuedLink {
  /** With the secret in its fragment, which browsers do not send. */
  readonly url: string;
  readonly expiresAt: number;
}

/**
 * Links that work once, within 15 minutes: to create the first account, and to sign in to a control
 * plane in development. Only the hash of their secret is stored.
 */
export class OneTimeLinks {
  private readonly deps: OneTimeLinksDeps;

  constructor(deps: OneTimeLinksDeps) {
    this.deps = deps;
  }

  /** Rejects with CONFLICT if somebody has an account. */
  async issueSetUp(): Promise<IssuedLink> {
    const { store } = this.deps;
    const link = this.newLink("/setup");
    await store.transaction(async ({ people, links }) => {
      if (await people.any()) {
        throw somebodyExists();
      }
      await links.replace({ ...link.stored, purpose: { kind: "set-up" } });
    });
    return link.issued;
  }

  /** Rejects with NOT_FOUND if nobody has this address, with FORBIDDEN outside of development. */
  async issueSignIn(email: string = DEV_EMAIL): Promise<IssuedLink> {
    const { store, allowsSignIn } = this.deps;
    if (!allowsSignIn) {
      throw conflict("a link signs in only to a control plane of serve --dev");
    }
    const link = this.newLink("/sign-in");
    await store.transaction(async ({ people, links }) => {
      const person = await people.byEmail(email);
      if (person === undefined) {
        throw notFound("nobody has this address: list people with novacula-control-plane people list");
      }
      await links.replace({ ...link.stored, purpose: { kind: "sign-in", personId: person.id } });
    });
    return link.issued;
  }

  /** Rejects if the link cannot be used. Called before the hashing queue: it costs no hash. */
  async requireSetUp(secret: string): Promise<void> {
    const { store, now } = this.deps;
    if (await store.people.any()) {
      throw somebodyExists();
    }
    if ((await store.links.purposeOf(linkHash(secret), now()))?.kind !== "set-up") {
      throw notValid(setupLink());
    }
  }

  /** Creates the first account, in the transaction that checks that nobody exists. */
  async setUp({ token, name, email, password }: z.output<typeof inputs.setUp>): Promise<void> {
    const { store, organizationName, now } = this.deps;
    const passwordHash = await hashPassword(password);
    await store.transaction(async (transaction) => {
      if (await transaction.people.any()) {
        throw somebodyExists();
      }
      const at = now();
      if ((await transaction.links.use(linkHash(token), at))?.kind !== "set-up") {
        throw notValid(setupLink());
      }
      await createFirstPerson(transaction, { name, email, passwordHash }, organizationName, at);
    });
  }

  /** The id of the person whom the link signs in. */
  async useSignIn(secret: string): Promise<string> {
    const { store, allowsSignIn, now } = this.deps;
    const purpose = await store.transaction(({ links }) => links.use(linkHash(secret), now()));
    if (!allowsSignIn || purpose?.kind !== "sign-in") {
      throw notValid("the command that novacula-agent dev has printed");
    }
    return purpose.personId;
  }

  private newLink(path: string) {
    const { origin, now } = this.deps;
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const createdAt = now();
    const expiresAt = createdAt + VALID_MS;
    return {
      stored: { hash: linkHash(secret), createdAt, expiresAt },
      issued: { url: `${origin}${path}#${secret}`, expiresAt },
    };
  }
}

/** Strangers read it: it does not name the pod. */
function setupLink(): string {
  return inPlace({
    host: "sudo novacula-control-plane setup-link",
    pod: "novacula-control-plane setup-link, in the pod of the control plane",
  });
}

export function linkHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function somebodyExists(): ApiError {
  return conflict("somebody has an account already: sign in, or ask an owner or admin for an invitation");
}

function notValid(command: string): ApiError {
  return forbidden(
    "operation_not_allowed",
    `this link is not valid: it was used or replaced, or it is older than 15 minutes; get another with ${command}`,
  );
}
