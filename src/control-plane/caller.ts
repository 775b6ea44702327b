import { type CallerKind, mayCall } from "./access.ts";
import type { ExecutorCaller } from "./executor-sync.ts";
import type { ResolverDeps, Resolvers } from "./resolver.ts";
import { executorResolvers, operatorResolvers, personResolvers, visitorResolvers } from "./resolvers.ts";
import type { SignedIn } from "./signed-in.ts";

/** Who sends a request, once that is known. */
export type Caller =
  | { readonly kind: "executor"; readonly executor: ExecutorCaller }
  /** Whom the management socket's mode has let in. */
  | { readonly kind: "operator" }
  /** The page, with nobody signed in. */
  | { readonly kind: "visitor" }
  | { readonly kind: "person"; readonly signedIn: SignedIn };

export function callerKind(caller: Caller): CallerKind {
  if (caller.kind !== "person") return caller.kind;
  const role = caller.signedIn.active?.role;
  return role === "owner" || role === "admin" ? "admin" : "member";
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
