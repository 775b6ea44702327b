import type { IncomingMessage } from "node:http";
import type * as z from "zod";
import { notFound } from "../api-error.ts";
import { auditPerson } from "../audit/audit.ts";
import type { HttpAnswer } from "../http/http-answer.ts";
import { personActor } from "../rights/scope.ts";
import { requireSession } from "../rights/signed-in.ts";
import type { AuditWriter } from "../store/contract/audit.ts";
import type { PeopleWriter } from "../store/contract/people.ts";
import type { Transactions } from "../store/contract/store.ts";
import type { AuthGateway } from "./sign-in/auth-gateway.ts";
import type * as inputs from "./sign-in/auth-inputs.ts";

interface OwnAccountDeps {
  readonly gateway: AuthGateway;
  readonly store: Transactions<{ readonly people: PeopleWriter; readonly audit: AuditWriter }>;
  /** The wall clock, epoch ms. */
  readonly now: () => number;
}

/** What a person changes about themselves. Each statement names them, so nobody else is changed. */
export class OwnAccount {
  private readonly deps: OwnAccountDeps;

  constructor(deps: OwnAccountDeps) {
    this.deps = deps;
  }

  /** The new name is in the audit log of every organization that the person belongs to. */
  async rename(request: IncomingMessage, { name }: z.output<typeof inputs.rename>): Promise<HttpAnswer> {
    const { gateway, store, now } = this.deps;
    const session = await gateway.session(request);
    const { person } = session;
    const at = now();
    return store.transaction(async ({ people, audit }) => {
      await requireSession(people, session, at);
      if (person.name !== name) {
        await people.rename(person.id, name, at);
        for (const { organization } of await people.memberships(person.id)) {
          await auditPerson(audit, {
            actor: personActor(person, organization.id),
            action: "person.renamed",
            organizationId: organization.id,
            target: { id: person.id, name: person.email },
            details: { name },
            at,
          });
        }
      }
      return done({ name });
    });
  }

  async endSession(
    request: IncomingMessage,
    { sessionId }: z.output<typeof inputs.endSession>,
  ): Promise<HttpAnswer> {
    const { gateway, store, now } = this.deps;
    const session = await gateway.session(request);
    return store.transaction(async ({ people }) => {
      await requireSession(people, session, now());
      // The same words for another person's session as for one that never was.
      if (!(await people.endSession(session.person.id, sessionId))) {
        throw notFound("this session has already ended: reload the page");
      }
      return done({ id: sessionId });
    });
  }

  async endOtherSessions(request: IncomingMessage): Promise<HttpAnswer> {
    const { gateway, store, now } = this.deps;
    const session = await gateway.session(request);
    return store.transaction(async ({ people }) => {
      // Otherwise a browser that was just signed out could sign out the one that did it.
      await requireSession(people, session, now());
      await people.endOtherSessions(session.person.id, session.id);
      return done({ id: session.id });
    });
  }
}

function done(body: object): HttpAnswer {
  return { status: 200, body };
}
