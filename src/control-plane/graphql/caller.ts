import { ApiError, ApiErrorCode, forbidden } from "../api-error.ts";
import type { ExecutorCaller } from "../executors/executor-sync.ts";
import { type CallerKind, mayCall, ROOT_FIELD_AUDIENCE } from "../rights/access.ts";
import type { SignedIn } from "../rights/signed-in.ts";
import type { ResolverDeps, Resolvers } from "./resolver.ts";
import { executorResolvers, operatorResolvers, personResolvers, visitorResolvers } from "./resolvers.ts";

/** Who sends a request, once that is known. */
export type Caller =
  | { readonly kind: "executor"; readonly executor: ExecutorCaller }
  /** Whom the management socket's mode has let in. */
  | { readonly kind: "operator" }
  /** The page, with nobody signed in. */
  | { readonly kind: "visitor" }
  | { readonly kind: "person"; readonly signedIn: SignedIn };

export function callerKind(caller: Caller): CallerKind {
  if (caller.kind !== "person") {
    return caller.kind;
  }
  const role = caller.signedIn.active?.role;
  return role === "owner" || role === "admin" ? "admin" : "member";
}

/** What is said to a caller who may not call the field. */
export function accessRefusal(caller: Caller, field: string): ApiError {
  const reason = "operation_not_allowed";
  switch (caller.kind) {
    case "executor":
      return forbidden(
        reason,
        `an executor key may not call ${field}: use the page, or the management socket on the control plane's host`,
      );
    case "operator":
      return forbidden(
        reason,
        `${field} is for executors with their key, or for the page, and not for operators`,
      );
    case "visitor":
      return notSignedIn();
    case "person":
      return forbidden(
        reason,
        ROOT_FIELD_AUDIENCE[field] === "admin"
          ? `you may not call ${field}: owners and admins of the organization may, members look; ask one of them`
          : `${field} is not for the page: it is for executors with their key, or for the control plane's own host`,
      );
  }
}

export function notSignedIn(): ApiError {
  return new ApiError(ApiErrorCode.unauthenticated, "you are not signed in, or not any more: sign in");
}

/** What the caller may call, and nothing else is there: the document has been checked, and this holds without it. */
export function resolversFor(deps: ResolverDeps, caller: Caller): Resolvers {
  const kind = callerKind(caller);
  return Object.fromEntries(
    Object.entries(allResolvers(deps, caller)).filter(([field]) => mayCall(kind, field)),
  );
}

function allResolvers(deps: ResolverDeps, caller: Caller): Resolvers {
  switch (caller.kind) {
    case "executor":
      return executorResolvers(deps, caller.executor);
    case "operator":
      return operatorResolvers(deps);
    case "visitor":
      return visitorResolvers(deps);
    case "person":
      return personResolvers(deps, caller.signedIn);
  }
}
