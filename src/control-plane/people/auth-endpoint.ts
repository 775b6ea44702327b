import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiError } from "../api-error.ts";
import type { ErrorDisclosure } from "../http/error-disclosure.ts";
import { errorAnswer, type HttpAnswer, send, sendAndClose } from "../http/http-answer.ts";
import { MAX_BODY_BYTES, readJsonBody } from "../http/request-body.ts";
import { crossSiteRefusal } from "../http/same-origin.ts";
import { AUTH_ROUTES, type AuthActions, type AuthRoute } from "./auth-routes.ts";
import { AUTH_PATH } from "./sign-in/auth-gateway.ts";
import { bodyObject, queryObject } from "./sign-in/auth-inputs.ts";

interface AuthEndpointDeps {
  readonly origin: string;
  readonly actions: AuthActions;
  readonly errors: ErrorDisclosure;
}

/** Serves /api/auth/*: decodes each request by its route's schema, and passes on nothing else. */
export class AuthEndpoint {
  private readonly deps: AuthEndpointDeps;

  constructor(deps: AuthEndpointDeps) {
    this.deps = deps;
  }

  /** Answers every request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = crossSiteRefusal(request, "data", this.deps.origin);
    if (refusal !== undefined) {
      return send(response, authError(refusal));
    }
    const [address = "", ...rest] = (request.url ?? "").split("?");
    const route = AUTH_ROUTES.get(address.slice(AUTH_PATH.length));
    if (route === undefined) {
      return send(response, failure(404, "NOT_FOUND", "nothing is served at this address"));
    }
    const { method } = route;
    if (request.method !== method) {
      return send(response, {
        ...failure(405, "METHOD_NOT_ALLOWED", `use ${method} for this address`),
        headers: { Allow: method },
      });
    }
    try {
      const answer = await this.answer(request, response, route, rest.join("?"));
      if (answer !== undefined) {
        send(response, answer);
      }
    } catch (error) {
      send(response, authError(this.deps.errors.toApiError(error)));
    }
  }

  private async answer(
    request: IncomingMessage,
    response: ServerResponse,
    route: AuthRoute,
    search: string,
  ): Promise<HttpAnswer | undefined> {
    const { actions } = this.deps;
    if (route.method === "GET") {
      return route.answer(actions, request, queryObject(search));
    }
    const read = await readJsonBody(request, MAX_BODY_BYTES);
    if (read.kind === "incomplete") {
      return undefined;
    }
    if (read.kind === "refused") {
      sendAndClose(request, response, failure(read.status, read.code, read.message));
      return undefined;
    }
    if (search !== "") {
      return failure(
        400,
        "BAD_USER_INPUT",
        "this address accepts no query string: send everything in the body",
      );
    }
    return route.answer(actions, request, bodyObject(read.bytes));
  }
}

/** An error in better-auth's shape, `code` and `message`. Its status is never 200. */
function authError(error: ApiError): HttpAnswer {
  const { status, headers } = errorAnswer(error, "application/graphql-response+json");
  return {
    ...failure(status === 200 ? 400 : status, error.code, error.message),
    ...(headers === undefined ? {} : { headers }),
  };
}

function failure(status: number, code: string, message: string): HttpAnswer {
  return { status, body: { code, message } };
}
