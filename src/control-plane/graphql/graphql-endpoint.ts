import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from "graphql";
import { printable } from "../../lib/printable.ts";
import { KNOWN_ANSWER_HEADER } from "../../protocol/answer-mark.ts";
import { badInput } from "../api-error.ts";
import { ExecutorFastPath } from "../executors/executor-fast-path.ts";
import type { ErrorDisclosure } from "../http/error-disclosure.ts";
import {
  errorAnswer,
  type GraphqlMediaType,
  type HttpAnswer,
  MARKED,
  send,
  sendAndClose,
} from "../http/http-answer.ts";
import {
  hasArrived,
  MAX_BODY_BYTES,
  MAX_REPORT_BYTES,
  type RefusedBody,
  readJsonBody,
} from "../http/request-body.ts";
import { inRequest, requestIdOf } from "../log/request-context.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { resultOf, type SyncResult } from "../metrics/sync-result.ts";
import { requireShownOrganization } from "../organizations/shown-organization.ts";
import { forbiddenRootField, organizationPurpose } from "../rights/access.ts";
import { notSignedIn } from "../rights/signed-in.ts";
import { accessRefusal, type Caller, callerKind } from "./caller.ts";
import { type IdentifyDeps, identify, isBrowser, type Listener } from "./identify.ts";
import { sendRepeated } from "./page-answer.ts";
import { GraphqlDocuments } from "./request/graphql-documents.ts";
import { type GraphqlRequest, parseGraphqlRequest } from "./request/graphql-request.ts";
import { QueryReads, ReadTurns } from "./request/query-reads.ts";
import type { ResolverDeps } from "./resolver.ts";
import { resolversFor } from "./resolvers.ts";

interface GraphqlEndpointDeps extends ResolverDeps, IdentifyDeps {
  readonly schema: GraphQLSchema;
  readonly errors: ErrorDisclosure;
  /** The monotonic clock, ms. */
  readonly monotonicNow: () => number;
  /** Undefined: nobody reads them. */
  readonly metrics: Metrics | undefined;
}

/**
 * Several times what the page sends while nobody is signed in. To parse a body of the greatest size
 * takes a hundred times as long.
 */
const MAX_VISITOR_CHARACTERS = 2048;

/**
 * Answers POST /graphql. Its duties, in this order, so that nothing of an unknown caller's request
 * is parsed:
 *
 * 1. identify the caller from the headers, and again if the body came later than they did;
 * 2. read the body;
 * 3. answer the documents of executors, which are known by their text;
 * 4. parse any other request and check that the caller may make it;
 * 5. execute it.
 */
export class GraphqlEndpoint {
  private readonly deps: GraphqlEndpointDeps;
  private readonly documents: GraphqlDocuments;
  private readonly readTurns: ReadTurns | undefined;
  private readonly executorFastPath: ExecutorFastPath;

  constructor(deps: GraphqlEndpointDeps) {
    this.deps = deps;
    this.documents = new GraphqlDocuments(deps.schema);
    this.readTurns = deps.store.isBlocking ? new ReadTurns(deps.monotonicNow) : undefined;
    this.executorFastPath = new ExecutorFastPath(deps.executorSync, deps.monotonicNow);
  }

  /** Always answers the request and never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, listener: Listener): Promise<void> {
    const { metrics, monotonicNow } = this.deps;
    if (metrics === undefined || listener !== "network" || isBrowser(request.headers)) {
      await inRequest(request, () => this.respond(request, response, listener));
      return;
    }
    const startedAt = monotonicNow();
    const result = await inRequest(request, () => this.respond(request, response, listener));
    if (result !== undefined) {
      metrics.answered(result, (monotonicNow() - startedAt) / 1000);
    }
  }

  /** Resolves with what became of it; undefined: the caller went away. */
  private async respond(
    request: IncomingMessage,
    response: ServerResponse,
    listener: Listener,
  ): Promise<SyncResult | undefined> {
    const mediaType = preferredMediaType(request.headers.accept);
    try {
      const isWhole = await hasArrived(request);
      const first = await identify(this.deps, listener, request, response);
      const most = first.kind === "executor" ? MAX_REPORT_BYTES : MAX_BODY_BYTES;
      const body = await readJsonBody(request, most);
      if (body.kind === "incomplete") {
        return undefined;
      }
      if (body.kind === "refused") {
        sendAndClose(request, response, failure(body));
        return "invalid";
      }
      // A body can take seconds to come. By then the key may be revoked, the session ended, or the
      // admin made a member.
      const caller = isWhole ? first : await identify(this.deps, listener, request, response);
      const result = await this.answer(body.bytes.toString("utf8"), caller, request.headers);
      if (request.headers[KNOWN_ANSWER_HEADER] !== undefined) {
        await sendRepeated(request, response, result, mediaType);
      } else {
        send(response, { status: 200, headers: MARKED, body: result }, mediaType);
      }
      return "accepted";
    } catch (error) {
      const shown = this.deps.errors.toApiError(error, listener === "management-socket");
      setRequestId(request, response);
      send(response, errorAnswer(shown, mediaType), mediaType);
      return resultOf(shown);
    }
  }

  /** The body of an answer without errors. Rejects with what is wrong otherwise. */
  private async answer(text: string, caller: Caller, headers: IncomingHttpHeaders): Promise<unknown> {
    if (caller.kind === "executor") {
      const answer = await this.executorFastPath.answer(text, caller.executor);
      return answer.kind === "answered" ? answer.body : this.execute(answer.request, caller, headers);
    }
    if (caller.kind === "visitor" && text.length > MAX_VISITOR_CHARACTERS) {
      throw notSignedIn();
    }
    return this.execute(parseGraphqlRequest(text), caller, headers);
  }

  private async execute(
    request: GraphqlRequest,
    caller: Caller,
    headers: IncomingHttpHeaders,
  ): Promise<ExecutionResult> {
    const prepared = this.documents.prepare(request.query);
    if (prepared.document !== undefined) {
      this.requireAccess(prepared.document, caller);
      requireOrganization(prepared.document, caller, headers);
    }
    if (prepared.kind === "invalid") {
      throw prepared.error;
    }
    // Executors do not wait behind the queries of people: their own read next to nothing.
    const reads = caller.kind === "executor" ? undefined : new QueryReads(this.readTurns);
    const resolvers = resolversFor(this.deps, caller);
    const result = await this.documents.execute(prepared.document, request, resolvers, reads);
    const [error] = result.errors ?? [];
    if (error !== undefined) {
      // No data is lost: every root field is non-null, so the answer with an error has none.
      throw thrownBy(error);
    }
    return result;
  }

  private requireAccess(document: DocumentNode, caller: Caller): void {
    const field = forbiddenRootField(document, callerKind(caller));
    if (field === undefined) {
      return;
    }
    const error = accessRefusal(caller, field);
    if (caller.kind === "executor") {
      const { key, address } = caller.executor;
      const { id: keyId, fingerprint } = key;
      this.deps.refusals.note({ operation: field, error, keyId, fingerprint, address });
    }
    throw error;
  }
}

/**
 * Requires that a person's page shows the organization that the request is about. Executors act in
 * the organization of their key, and operators name one.
 */
function requireOrganization(document: DocumentNode, caller: Caller, headers: IncomingHttpHeaders): void {
  if (caller.kind !== "person") {
    return;
  }
  const purpose = organizationPurpose(document);
  if (purpose !== undefined) {
    requireShownOrganization(headers, caller.signedIn.active, purpose);
  }
}

/**
 * What a resolver threw, or BAD_USER_INPUT if graphql-js itself found the mistake. Such an error
 * has no path, if the variables or the operation name are wrong. Or it wraps an error that names
 * nodes of the document, for instance if a variable is null and the schema does not allow it.
 */
function thrownBy(error: GraphQLError): unknown {
  const { path, originalError } = error;
  const isMistake =
    path === undefined || (originalError instanceof GraphQLError && originalError.nodes !== undefined);
  return isMistake ? badInput(printable(error.message, 500)) : (originalError ?? error);
}

/** Leads from a failed request to its lines in the log. */
function setRequestId(request: IncomingMessage, response: ServerResponse): void {
  if (!response.headersSent) {
    response.setHeader("X-Request-Id", requestIdOf(request));
  }
}

function preferredMediaType(accept: string | undefined): GraphqlMediaType {
  const type = "application/graphql-response+json";
  return accept?.includes(type) === true ? type : "application/json";
}

function failure({ status, code, message }: RefusedBody): HttpAnswer {
  return { status, headers: MARKED, body: { errors: [{ message, extensions: { code } }], data: null } };
}
