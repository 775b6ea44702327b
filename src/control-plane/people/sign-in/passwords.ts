import type { IncomingMessage } from "node:http";
import { ApiError, ApiErrorCode } from "../../api-error.ts";
import type { HttpAnswer } from "../../http/http-answer.ts";
import { requireSession } from "../../rights/signed-in.ts";
import type { AccountReader, PeopleWriter } from "../../store/contract/people.ts";
import type { Transactions } from "../../store/contract/store.ts";
import type { AuthGateway, Session } from "./auth-gateway.ts";
import { hashPassword, verifyPassword } from "./password-hashing.ts";

type PasswordStore = Transactions<{ readonly people: PeopleWriter }> & { readonly people: AccountReader };

/**
 * Signs in with a password, and changes it. The operator may reset a password that somebody else
 * knows while a request with the old one waits for its hash. So the hash is read again after the
 * check, and the request is refused if it has changed.
 */
export class Passwords {
  private readonly store: PasswordStore;
  private readonly gateway: AuthGateway;
  private readonly now: () => number;

  constructor(store: PasswordStore, gateway: AuthGateway, now: () => number) {
    this.store = store;
    this.gateway = gateway;
    this.now = now;
  }

  /** Rejects with UNAUTHENTICATED if the password was changed during the sign-in. */
  async signIn(request: IncomingMessage, email: string, password: string): Promise<HttpAnswer> {
    const before = await this.current(email);
    const answer = await this.gateway.post(request, "/sign-in/email", { email, password });
    if (answer.status >= 400 || before === undefined) {
      return answer;
    }
    const { person, hash } = before;
    if ((await this.store.people.passwordHash(person.id)) === hash) {
      return answer;
    }
    await this.store.transaction(({ people }) => people.endSessions(person.id));
    throw passwordChanged();
  }

  /** Changes the password and ends all sessions in one transaction, then begins a new session. */
  async change(
    request: IncomingMessage,
    session: Session,
    currentPassword: string,
    newPassword: string,
  ): Promise<HttpAnswer> {
    const { id, email } = session.person;
    const hash = await this.store.people.passwordHash(id);
    if (hash === undefined || !(await verifyPassword({ hash, password: currentPassword }))) {
      return { status: 400, body: { code: "INVALID_PASSWORD", message: "Invalid password" } };
    }
    const newHash = await hashPassword(newPassword);
    await this.store.transaction(async ({ people }) => {
      // Hashing takes a while, in which the person may have signed this browser out.
      await requireSession(people, session, this.now());
      if ((await people.passwordHash(id)) !== hash) {
        throw passwordChanged();
      }
      await people.setPassword(id, newHash, this.now());
    });
    return this.signIn(request, email, newPassword);
  }

  private async current(email: string) {
    const person = await this.store.people.byEmail(email);
    const hash = person === undefined ? undefined : await this.store.people.passwordHash(person.id);
    return person === undefined ? undefined : { person, hash };
  }
}

function passwordChanged(): ApiError {
  return new ApiError(
    ApiErrorCode.unauthenticated,
    "the password was changed during this request: sign in with the new one",
  );
}
