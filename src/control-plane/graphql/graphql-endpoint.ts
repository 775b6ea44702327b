import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type DocumentNode, GraphQLError, type GraphQLSchema } from "graphql";
import { printable } from "../../lib/printable.ts";
import { ApiError, ApiErrorCode, badInput } from "../api-error.ts";
import type { ActivityWriter } from "../executors/activity-writer.ts";
import { ExecutorFastPath } from "../executors/executor-fast-path.ts";
import type { ExecutorCaller } from "../executors/executor-sync.ts";
import { clientAddress } from "../http/client-address.ts";
import type { ErrorDisclosure } from "../http/error-disclosure.ts";
import {
  errorAnswer,
  type GraphqlMediaType,
  type HttpAnswer,
  send,
  sendAndClose,
} from "../http/http-answer.ts";
import { hasArrived, type RefusedBody, readJsonBody } from "../http/request-body.ts";
import { requireSameOrigin } from "../http/same-origin.ts";
import { authenticate } from "../keys/authenticate.ts";
import type { RefusalLog } from "../log/refusal-log.ts";
import { requireShownOrganization } from "../organizations/shown-organization.ts";
import type { People } from "../people/people.ts";
import { forbiddenRootField, organizationPurpose } from "../rights/access.ts";
import type { SyncLookups } from "../store/contract/store.ts";
import { accessRefusal, type Caller, callerKind, notSignedIn, resolversFor } from "./caller.ts";
import { GraphqlDocuments } from "./request/graphql-documents.ts";
import { parseGraphqlRequest } from "./request/graphql-request.ts";
import { QueryReads, ReadTurns } from "./request/query-reads.ts";
import type { ResolverDeps } from "./resolver.ts";

export interface GraphqlEndpointDeps extends ResolverDeps {
  readonly schema: GraphQLSchema;
  readonly lookups: SyncLookups;
  readonly activityWriter: ActivityWriter;
  readonly refusals: RefusalLog;
  readonly monotonicNow: () => number;
  readonly errors: ErrorDisclosure;
  /** Undefined: nobody signs in here, and the network serves executors alone. */
  readonly people: People | undefined;
}

/**
 * Several times what the page sends of who is to sign in, or has an invitation; a full body takes
 * a hundred times as long.
 */
const MAX_VISITOR_CHARACTERS = 2048;

/** Where a request came in. */
export type Listener = "network" | "management-socket";

/**
 * POST /graphql: who is it, what do they ask, may they, do it. In this order: nobody unknown has a
 * byte parsed. Who is it is asked again of a body that came later than its headers.
 */
export class GraphqlEndpoint {
  private readonly deps: GraphqlEndpointDeps;
  private readonly documents: GraphqlDocuments;
  private readonly readTurns: ReadTurns;
  private readonly executorFastPath: ExecutorFastPath;

  constructor(deps: GraphqlEndpointDeps) {
    this.deps = deps;
    this.documents = new GraphqlDocuments(deps.schema);
    this.readTurns = new ReadTurns(deps.monotonicNow);
    this.executorFastPath = new ExecutorFastPath(deps.executorSync, deps.monotonicNow);
  }

  /** Answers the request, always; no error leaves here. */
  async handle(request: IncomingMessage, response: ServerResponse, listener: Listener): Promise<void> {
    const mediaType = preferredMediaType(request.headers.accept);
    try {
      const isThere = await hasArrived(request);
      const known = await this.caller(request, response, listener);
      const body = await readJsonBody(request);
      if (body.kind === "incomplete") {
        return;
      }
      if (body.kind === "refused") {
        return sendAndClose(request, response, failure(body));
      }
      // It may have taken seconds: a key can be revoked meanwhile, a session end, an admin become a
      // member.
      const caller = isThere ? known : await this.caller(request, response, listener);
      const answer = await this.answer(body.bytes.toString("utf8"), caller, request.headers, mediaType);
      send(response, answer, mediaType);
    } catch (error) {
      send(response, errorAnswer(this.deps.errors.toApiError(error), mediaType), mediaType);
    }
  }

  /** A request with a key never uses a cookie; one that came from the page never needs a key. */
  private async caller(
    request: IncomingMessage,
    response: ServerResponse,
    listener: Listener,
  ): Promise<Caller> {
    if (listener === "management-socket") {
      return { kind: "operator" };
    }
    const { people } = this.deps;
    if (people === undefined || !isBrowser(request.headers)) {
      return { kind: "executor", executor: await this.authenticated(request) };
    }
    requireSameOrigin(request.headers, people.origin);
    const signedIn = await people.signedIn(request, response);
    return signedIn === undefined ? { kind: "visitor" } : { kind: "person", signedIn };
  }

  private async authenticated(request: IncomingMessage): Promise<ExecutorCaller> {
    const { lookups, activityWriter, refusals, now } = this.deps;
    const address = clientAddress(request) ?? null;
    const result = await authenticate(request.headers.authorization, lookups.keys, now());
    if (result.kind === "accepted") {
      activityWriter.note({ kind: "key-used", keyId: result.key.id, at: now() });
      return { key: result.key, address };
    }
    const { reason, message, keyId, fingerprint, damage } = result;
    if (damage !== undefined) {
      this.deps.damages.note("apikey", damage.id, damage);
    }
    const operation = undefined;
    refusals.note({ operation, status: 401, reason, keyId, fingerprint, executorName: undefined, address });
    throw new ApiError(ApiErrorCode.unauthenticated, message, reason);
  }

  private async answer(
    text: string,
    caller: Caller,
    headers: IncomingHttpHeaders,
    mediaType: GraphqlMediaType,
  ): Promise<HttpAnswer> {
    if (caller.kind === "executor") {
      const body = await this.executorFastPath.answer(text, caller.executor);
      if (body !== undefined) {
        return { status: 200, body };
      }
    }
    // Nobody unknown has more of it parsed than the page of one who is to sign in sends.
    if (caller.kind === "visitor" && text.length > MAX_VISITOR_CHARACTERS) {
      throw notSignedIn();
    }
    const request = parseGraphqlRequest(text);
    const prepared = this.documents.prepare(request.query);
    if (prepared.document !== undefined) {
      this.requireAccess(prepared.document, caller);
      requireOrganization(prepared.document, caller, headers);
    }
    if (prepared.kind === "invalid") {
      throw prepared.error;
    }
    // Executors wait for nobody's query: theirs read next to nothing.
    const reads = caller.kind === "executor" ? undefined : new QueryReads(this.readTurns);
    const resolvers = resolversFor(this.deps, caller);
    const result = await this.documents.execute(prepared.document, request, resolvers, reads);
    // Every root field is non-null: with an error there is no data to lose.
    const [error] = result.errors ?? [];
    if (error !== undefined) {
      return errorAnswer(this.deps.errors.toApiError(thrownBy(error)), mediaType);
    }
    return { status: 200, body: result };
  }

  private requireAccess(document: DocumentNode, caller: Caller): void {
    const field = forbiddenRootField(document, callerKind(caller));
    if (field === undefined) {
      return;
    }
    if (caller.kind === "executor") {
      this.noteRefusal(caller.executor, field);
    }
    throw accessRefusal(caller, field);
  }

  private noteRefusal({ key, address }: ExecutorCaller, operation: string): void {
    const { id: keyId, fingerprint } = key;
    const reason = "operation_not_allowed";
    const executorName = undefined;
    this.deps.refusals.note({ operation, status: 403, reason, keyId, fingerprint, executorName, address });
  }
}

/** A key decides alone who it is for; a browser sends none. */
function isBrowser(headers: IncomingHttpHeaders): boolean {
  const { authorization, cookie, origin } = headers;
  const isSaid = cookie !== undefined || origin !== undefined || headers["sec-fetch-site"] !== undefined;
  return authorization === undefined && isSaid;
}

/**
 * What a person sees is what they decide about. Executors have the organization of their key,
 * operators name one.
 */
function requireOrganization(document: DocumentNode, caller: Caller, headers: IncomingHttpHeaders): void {
  const purpose = caller.kind === "person" ? organizationPurpose(document) : undefined;
  if (caller.kind !== "person" || purpose === undefined) {
    return;
  }
  requireShownOrganization(headers, caller.signedIn.active, purpose);
}

/**
 * What a resolver threw. Without a path none was reached, and the request's variables or operation
 * name are wrong; what graphql-js itself finds at a place of the document, such as a null from a
 * variable, is the request's mistake, too.
 */
function thrownBy(error: GraphQLError): unknown {
  const { path, originalError } = error;
  const isOfRequest =
    path === undefined || (originalError instanceof GraphQLError && originalError.nodes !== undefined);
  return isOfRequest ? badInput(printable(error.message, 500)) : (originalError ?? error);
}

function preferredMediaType(accept: string | undefined): GraphqlMediaType {
  const type = "application/graphql-response+json";
  return accept?.includes(type) === true ? type : "application/json";
}

function failure({ status, code, message }: RefusedBody): HttpAnswer {
  return { status, body: { errors: [{ message, extensions: { code } }], data: null } };
}
